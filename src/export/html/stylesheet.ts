/** The whole look of a page, by day and by night. Classes only: the page's policy allows no style elsewhere. */
export const STYLESHEET = `
:root {
  color-scheme: light dark;
  --page: #fff; --ink: #1c1c1e; --faint: #6e6e73; --line: #e2e2e7; --soft: #f4f4f6;
  --in: #e9e9eb; --in-ink: #1c1c1e; --out: #0b6ff2; --out-2: #0a62da; --out-ink: #fff; --sms: #218a3c; --sms-2: #1c7a35;
  --red: #c9281c; --link: #0a5fd8; --mark: #fff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0d0d0f; --ink: #f2f2f7; --faint: #98989f; --line: #2c2c30; --soft: #19191c;
    --in: #2a2a2e; --in-ink: #f2f2f7; --out: #0f74f5; --out-2: #0b63d8; --sms: #23843c; --sms-2: #1d7333;
    --red: #ff6961; --link: #6cb2ff; --mark: #1f1f23;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.38 -apple-system, BlinkMacSystemFont, "SF Pro Text", "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif,
    "Apple Color Emoji", "Segoe UI Emoji", "Noto Color Emoji";
}
a { color: inherit; }
p, h1, h2, h3, ul, ol { margin: 0; padding: 0; font-weight: inherit; font-size: inherit; list-style: none; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
header { max-width: 46rem; margin: 0 auto; padding: 2.5rem 1.25rem 1.5rem; text-align: center; border-bottom: 1px solid var(--line); }
header h1 { font-size: 1.5rem; font-weight: 650; letter-spacing: -.015em; overflow-wrap: anywhere; }
header p { color: var(--faint); font-size: .875rem; margin-top: .25rem; overflow-wrap: anywhere; }
.avatar {
  width: 4rem; height: 4rem; margin: 0 auto .75rem; border-radius: 50%; display: grid; place-items: center;
  background: linear-gradient(#a5abb8, #858b97); color: #fff; font-size: 1.75rem; font-weight: 600;
}
main { max-width: 46rem; margin: 0 auto; padding: .5rem 1.25rem 3rem; }
footer { text-align: center; color: var(--faint); font-size: .75rem; padding: 0 1rem 2rem; }
.day { text-align: center; margin: 2rem 0 1rem; font-size: .8125rem; font-weight: 600; color: var(--faint); }
.event { text-align: center; margin: .875rem auto; max-width: 34rem; font-size: .8125rem; color: var(--faint); overflow-wrap: anywhere; }
.event time { opacity: .75; margin-left: .25rem; }
.message { display: flex; flex-direction: column; align-items: flex-start; margin-top: 2px; scroll-margin-top: 4rem; }
.message.out { align-items: flex-end; }
.message.first { margin-top: .75rem; }
.message:target .bubble, .message:target .card, .message:target .chip { outline: 3px solid color-mix(in srgb, var(--out) 45%, transparent); outline-offset: 2px; }
.name { font-size: .75rem; font-weight: 600; margin: 0 0 .2rem .875rem; overflow-wrap: anywhere; }
.c0 { color: #b3361c; } .c1 { color: #8a5a00; } .c2 { color: #2c7a1f; } .c3 { color: #00756b; }
.c4 { color: #0b62c4; } .c5 { color: #5b48d0; } .c6 { color: #9a35b4; } .c7 { color: #b8266a; }
@media (prefers-color-scheme: dark) {
  .c0 { color: #ff8a70; } .c1 { color: #e8b04a; } .c2 { color: #7fd06f; } .c3 { color: #4ccdc0; }
  .c4 { color: #6cb2ff; } .c5 { color: #aa9dff; } .c6 { color: #de8df5; } .c7 { color: #ff85b8; }
}
.block { position: relative; max-width: min(78%, 33rem); min-width: 0; display: flex; flex-direction: column; align-items: inherit; }
.block + .block { margin-top: 2px; }
.block.marked { margin-top: 1.15rem; }
.bubble {
  padding: .45rem .875rem .5rem; border-radius: 1.15rem; background: var(--in); color: var(--in-ink);
  white-space: pre-wrap; overflow-wrap: anywhere; min-width: 0; max-width: 100%; unicode-bidi: isolate;
}
.out .bubble { background: var(--out) linear-gradient(var(--out), var(--out-2)); color: var(--out-ink); }
.out.text .bubble { background: var(--sms) linear-gradient(var(--sms), var(--sms-2)); }
.in.last .block:last-of-type .bubble { border-bottom-left-radius: .35rem; }
.out.last .block:last-of-type .bubble { border-bottom-right-radius: .35rem; }
.message .bubble.jumbo { background: none; padding: 0 .125rem; font-size: 3rem; line-height: 1.15; }
.message .bubble.none { background: none; border: 1px dashed var(--line); color: var(--faint); font-style: italic; }
.subject { font-weight: 650; }
.bubble a { text-decoration: underline; text-underline-offset: .12em; text-decoration-thickness: 1px; }
.in .bubble a { color: var(--link); }
.mention { font-weight: 650; }
.code { font-variant-numeric: tabular-nums; font-weight: 650; letter-spacing: .04em; }
.detected { text-decoration: underline dotted; text-underline-offset: .18em; text-decoration-thickness: 1px; }
.effect { font-style: italic; }
.translation { display: block; margin-top: .35rem; padding-top: .35rem; border-top: 1px solid color-mix(in srgb, currentColor 28%, transparent); }
.heading { font-size: .8125rem; color: var(--faint); padding: 0 .875rem; overflow-wrap: anywhere; }
.gap { padding: .4rem .875rem; border: 1px dashed var(--line); border-radius: 1.15rem; color: var(--faint); font-size: .875rem; font-style: italic; }
.marks {
  position: absolute; top: -1rem; display: flex; gap: 2px; z-index: 1; max-width: 20rem; padding: 2px;
  background: var(--page); border-radius: 1rem;
}
.in .marks { right: -.75rem; } .out .marks { left: -.75rem; }
.marks li {
  display: flex; align-items: center; gap: .2rem; min-width: 1.6rem; height: 1.6rem; padding: 0 .35rem; justify-content: center;
  border-radius: .8rem; background: var(--in); color: var(--in-ink); font-size: .875rem; line-height: 1; white-space: nowrap;
}
.marks li.mine { background: var(--out); color: var(--out-ink); }
.marks img { height: 1.4rem; width: auto; max-width: 3rem; object-fit: contain; }
.count { font-size: .6875rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.quote {
  display: flex; flex-direction: column; max-width: min(66%, 26rem); margin: .35rem 0 .25rem; padding: .3rem .75rem .35rem;
  border: 1px solid var(--line); border-radius: 1rem; color: var(--faint); font-size: .8125rem; text-decoration: none; overflow-wrap: anywhere;
}
.quote b { font-size: .6875rem; font-weight: 600; }
.quote span { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
a.quote:hover { background: var(--soft); }
.quote.gone { font-style: italic; }
.history { font-size: .75rem; color: var(--faint); margin: .2rem .875rem 0; max-width: 100%; }
.history summary { cursor: pointer; color: var(--link); width: max-content; }
.out .history summary { margin-left: auto; }
.history ol { margin-top: .35rem; padding-left: .6rem; border-left: 2px solid var(--line); }
.history li { padding: .1rem 0; display: flex; gap: .5rem; }
.history li time { flex: none; font-variant-numeric: tabular-nums; }
.history li span { white-space: pre-wrap; overflow-wrap: anywhere; min-width: 0; color: var(--ink); opacity: .8; }
.meta { font-size: .6875rem; color: var(--faint); margin: .2rem .875rem .15rem; }
.failed { color: var(--red); font-weight: 600; }
.block:has(> .photo) { max-width: min(20rem, 86%); }
.photo { display: block; width: auto; height: auto; max-width: min(20rem, 100%); max-height: 26rem; border-radius: 1.15rem; background: var(--soft); }
.sticker { display: block; width: auto; height: auto; max-width: 9rem; max-height: 9rem; object-fit: contain; }
.chip, .voice {
  display: flex; align-items: center; gap: .7rem; padding: .6rem .95rem .6rem .75rem; border-radius: 1.15rem;
  background: var(--soft); border: 1px solid var(--line); max-width: 100%; min-width: 0;
}
.chip.gone { border-style: dashed; }
.chip .icon { font-size: 1.5rem; line-height: 1; } .chip.gone .icon { opacity: .55; }
.file { display: block; font-size: .9375rem; font-weight: 550; overflow-wrap: anywhere; }
.note { display: block; font-size: .75rem; color: var(--faint); }
.voice { align-items: flex-start; }
.said { margin-top: .3rem; font-size: .9375rem; white-space: pre-wrap; overflow-wrap: anywhere; } .said.none { color: var(--faint); font-size: .8125rem; }
.wave { display: flex; align-items: center; gap: 2px; height: 1.6rem; color: var(--out); flex: none; }
.wave i { width: 3px; border-radius: 2px; background: currentColor; height: 30%; }
.wave i:nth-child(2n) { height: 75%; } .wave i:nth-child(3n) { height: 100%; } .wave i:nth-child(5) { height: 55%; }
.card {
  display: block; width: 20rem; max-width: 100%; padding: .7rem .95rem .75rem; border-radius: 1.15rem; overflow: hidden;
  background: var(--soft); border: 1px solid var(--line); text-decoration: none; overflow-wrap: anywhere; color: var(--ink);
}
.card > span { display: block; }
.card .app { font-size: .6875rem; font-weight: 650; letter-spacing: .03em; color: var(--faint); margin-bottom: .15rem; }
.card .title { font-weight: 600; line-height: 1.3; }
.card .summary { font-size: .8125rem; color: var(--faint); margin-top: .15rem; }
.card .site { font-size: .75rem; color: var(--faint); margin-top: .4rem; }
a.card:hover .title { text-decoration: underline; text-underline-offset: .12em; }
.poll ul { margin-top: .5rem; }
.poll li { display: grid; grid-template-columns: 1fr auto; gap: .1rem .75rem; padding: .35rem 0; border-top: 1px solid var(--line); font-size: .9375rem; }
.poll meter { grid-column: 1 / -1; width: 100%; height: .5rem; }
.poll .voters { grid-column: 1 / -1; font-size: .75rem; color: var(--faint); }
@media (max-width: 30rem) { main, header { padding-left: .75rem; padding-right: .75rem; } .block { max-width: 86%; } }
@media print {
  .message, .event, .card, .chip { break-inside: avoid; } .day { break-after: avoid; }
  .bubble, .marks li { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
