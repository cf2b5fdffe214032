/** Whether a text is the address of a WebSocket that holds nothing secret. */
export function isWebSocketUrl(text: string): boolean {
  const url = URL.parse(text);
  return (
    url !== null &&
    (url.protocol === 'ws:' || url.protocol === 'wss:') &&
    url.username === '' &&
    url.password === '' &&
    url.search === '' &&
    url.hash === ''
  );
}

/** Whether what goes to an address leaves this machine unencrypted. */
export function isPlainAbroad(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === 'ws:' && !/^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/u.test(url.hostname);
}
