/** The floor: a bare WebSocket server that hands what one client sends to all the others, and does nothing else. */
import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';
import { serve } from './capture-child.ts';
import { echoRequestSchema } from './events-protocol.ts';

serve(echoRequestSchema, async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  server.on('connection', (socket, { url }) => {
    if (url === '/source') {
      socket.on('message', (data: Buffer) => {
        const frame = data.toString('utf8');
        for (const reader of server.clients) {
          if (reader !== socket && reader.readyState === WebSocket.OPEN) {
            reader.send(frame);
          }
        }
        socket.send('taken');
      });
    } else {
      socket.send('{"type":"hello"}');
    }
  });
  await once(server, 'listening');
  const address = server.address();
  return { url: `ws://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}` };
});
