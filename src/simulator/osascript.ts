/**
 * Stands in for `osascript -l AppleScript - <args…>` with the script on stdin. It knows nothing itself: it tells the
 * simulator's socket which script was fed to it, with its arguments, and acts out the answer. Only Node's own modules
 * are imported, because it starts anew for every call.
 */
import { connect } from 'node:net';

const HEAD = /^-- blueline (\S+) (\d+)\r?$/u;

interface Answer {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number | null;
  readonly ignoreTerm: boolean;
}

async function main(socketPath: string, argv: readonly string[]): Promise<number> {
  const dash = argv.indexOf('-');
  // Options stand before the dash in pairs; whatever comes after it is the script's, byte for byte.
  if (dash === -1 || argv.slice(0, dash).join(' ') !== '-l AppleScript') {
    process.stderr.write('usage: osascript -l AppleScript - [argument ...] < script\n');
    return 2;
  }
  const script = await readAll();
  const head = HEAD.exec(script.split('\n', 1)[0] ?? '');
  const call = {
    script: head === null ? null : { name: head[1], version: Number(head[2]) },
    args: argv.slice(dash + 1),
  };
  return converse(socketPath, `${JSON.stringify({ id: 1, command: 'osascript', args: call })}\n`);
}

function converse(socketPath: string, request: string): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    let isConnected = false;
    let status: number | null = null;
    let rest = '';
    socket.setEncoding('utf8');
    socket.once('connect', () => {
      isConnected = true;
      socket.write(request);
    });
    socket.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const answer = parseAnswer(line);
        if (answer.ignoreTerm) {
          process.on('SIGTERM', () => undefined);
        }
        process.stdout.write(answer.stdout);
        process.stderr.write(answer.stderr);
        if (answer.exit !== null) {
          status = answer.exit;
          socket.end();
        }
      }
    });
    // A failure to connect and a connection that breaks both end in 'close'.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      if (status === null) {
        process.stderr.write(
          isConnected
            ? '0:0: execution error: Messages got an error: Connection is invalid. (-609)\n'
            : "0:0: execution error: Application isn't running. (-600)\n",
        );
      }
      resolve(status ?? 1);
    });
  });
}

function parseAnswer(line: string): Answer {
  const value: unknown = JSON.parse(line);
  const fields = new Map<string, unknown>(
    typeof value === 'object' && value !== null ? Object.entries(value) : [],
  );
  const text = (name: string) => {
    const field = fields.get(name);
    return typeof field === 'string' ? field : '';
  };
  const exit = fields.get('exit');
  return {
    stdout: text('stdout'),
    stderr: text('stderr'),
    exit: typeof exit === 'number' ? exit : null,
    ignoreTerm: fields.get('ignoreTerm') === true,
  };
}

async function readAll(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) {
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks).toString('utf8');
}

const [socketPath = '', ...argv] = process.argv.slice(2);
process.exitCode = await main(socketPath, argv);
