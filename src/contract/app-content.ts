import { z } from 'zod';

const bundleId = z.string().meta({ description: "The balloon's bundle id, as stored." });
const shown = (description: string) => z.string().optional().meta({ description });

export const appSchema = z
  .discriminatedUnion('type', [
    z.object({
      type: z.literal('link').meta({ description: 'A link with its preview.' }),
      bundle_id: bundleId,
      url: shown('Where it leads.'),
      original_url: shown('The link as it was sent, before redirects.'),
      title: shown("The page's title."),
      summary: shown("The page's summary."),
      site_name: shown("The site's name."),
    }),
    z.object({
      type: z.literal('digital_touch').meta({ description: 'A Digital Touch drawing, tap or heartbeat.' }),
      bundle_id: bundleId,
    }),
    z.object({
      type: z.literal('handwriting').meta({ description: 'A handwritten message.' }),
      bundle_id: bundleId,
    }),
    z.object({
      type: z.literal('app').meta({ description: "An app's message." }),
      bundle_id: bundleId,
      app: z
        .enum(['apple_cash', 'fitness', 'photos', 'check_in', 'find_my', 'business', 'polls', 'third_party'])
        .meta({ description: 'Which app of Apple it is; `third_party` is any other.' }),
      app_name: shown("The app's own name for itself."),
      text: shown('What is shown where the app is missing.'),
      url: shown('What the app keeps for itself: a URL that only it understands.'),
      caption: shown('First line of the balloon.'),
      subcaption: shown('Second line of the balloon.'),
      secondary_subcaption: shown('Line at the right of the first.'),
      tertiary_subcaption: shown('Line at the right of the second.'),
      image_title: shown("Title over the balloon's picture."),
      image_subtitle: shown("Subtitle over the balloon's picture."),
      session_id: shown('Messages of one session replace one another.'),
    }),
    z.object({
      type: z.literal('undecodable').meta({ description: 'The payload is there and cannot be read.' }),
      bundle_id: bundleId,
    }),
    z.object({
      type: z.literal('missing').meta({ description: 'There is no payload (yet).' }),
      bundle_id: bundleId,
    }),
  ])
  .meta({ id: 'AppContent', description: 'What a balloon shows, as far as its payload tells.' });

export const pollSchema = z
  .object({
    action: z
      .enum(['created', 'options_added', 'voted'])
      .meta({ description: 'A poll, options added to one, or a vote.' }),
    poll_guid: z.string().optional().meta({ description: 'The guid of the poll that it is about.' }),
    poll_message_id: z.string().optional().meta({ description: 'The `msg_…` of that poll.' }),
    title: z.string().optional().meta({ description: 'What is asked.' }),
    options: z
      .array(
        z.object({
          id: z.string().meta({ description: 'Votes name the option by it.' }),
          text: z.string().meta({ description: 'The option.' }),
          creator: z.string().optional().meta({ description: 'Handle of who added it.' }),
        }),
      )
      .optional()
      .meta({ description: 'The options, in their order; absent on a vote.' }),
    votes: z
      .array(
        z.object({
          option_id: z.string().meta({ description: 'The `id` of the option.' }),
          voter: z.string().optional().meta({ description: 'Handle of the voter.' }),
        }),
      )
      .optional()
      .meta({
        description: "The voter's whole choice, which replaces the one before; empty is a vote withdrawn.",
      }),
  })
  .meta({ id: 'Poll', description: 'A poll, or what became of one.' });

export type WireApp = z.infer<typeof appSchema>;
export type WirePoll = z.infer<typeof pollSchema>;
