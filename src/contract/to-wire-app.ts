import type { AppContent, Poll } from '../domain/index.ts';
import type { WireApp, WirePoll } from './app-content.ts';
import { messageId } from './ids.ts';

export function toWireApp(bundleId: string, content: AppContent): WireApp {
  switch (content.type) {
    case 'link':
      return {
        type: 'link',
        bundle_id: bundleId,
        url: content.url ?? undefined,
        original_url: content.originalUrl ?? undefined,
        title: content.title ?? undefined,
        summary: content.summary ?? undefined,
        site_name: content.siteName ?? undefined,
      };
    case 'app':
      return {
        type: 'app',
        bundle_id: bundleId,
        app: content.app,
        app_name: content.appName ?? undefined,
        text: content.text ?? undefined,
        url: content.url ?? undefined,
        caption: content.caption ?? undefined,
        subcaption: content.subcaption ?? undefined,
        secondary_subcaption: content.secondarySubcaption ?? undefined,
        tertiary_subcaption: content.tertiarySubcaption ?? undefined,
        image_title: content.imageTitle ?? undefined,
        image_subtitle: content.imageSubtitle ?? undefined,
        session_id: content.sessionId ?? undefined,
      };
    case 'digital_touch':
    case 'handwriting':
    case 'undecodable':
    case 'missing':
      return { type: content.type, bundle_id: bundleId };
    default:
      return content satisfies never;
  }
}

export function toWirePoll(poll: Poll): WirePoll {
  const about = {
    action: poll.action,
    poll_guid: poll.poll ?? undefined,
    poll_message_id: poll.poll === null ? undefined : messageId(poll.poll),
  };
  return poll.action === 'voted'
    ? {
        ...about,
        votes: poll.votes.map((vote) => ({ option_id: vote.option, voter: vote.voter ?? undefined })),
      }
    : {
        ...about,
        title: poll.title ?? undefined,
        options: poll.options.map((option) => ({
          id: option.id,
          text: option.text,
          creator: option.creator ?? undefined,
        })),
      };
}
