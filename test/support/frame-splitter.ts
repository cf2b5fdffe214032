/** Some bytes that belong together: what stands before the first frame, or one frame of RFC 6455. */
interface Piece {
  readonly bytes: Buffer;
  /** A whole text message. */
  readonly isText: boolean;
}

const HEAD_END = Buffer.from('\r\n\r\n');
/** FIN with the opcode for text. */
const WHOLE_TEXT = 0x81;

/** Cuts one direction of a WebSocket connection, upgrade and all, into frames. */
export class FrameSplitter {
  #held: Buffer = Buffer.alloc(0);
  #isUpgraded = false;

  push(chunk: Buffer): Piece[] {
    this.#held = Buffer.concat([this.#held, chunk]);
    const pieces: Piece[] = [];
    if (!this.#isUpgraded) {
      const end = this.#held.indexOf(HEAD_END);
      if (end === -1) {
        return [];
      }
      pieces.push({ bytes: this.#take(end + HEAD_END.length), isText: false });
      this.#isUpgraded = true;
    }
    for (let length = this.#frameLength(); length !== null; length = this.#frameLength()) {
      const bytes = this.#take(length);
      pieces.push({ bytes, isText: bytes[0] === WHOLE_TEXT });
    }
    return pieces;
  }

  /** Of the frame at the front; `null` until it is there to its end. */
  #frameLength(): number | null {
    const held = this.#held;
    if (held.length < 2) {
      return null;
    }
    const second = held.readUInt8(1);
    const short = second & 0x7f;
    const more = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (held.length < 2 + more) {
      return null;
    }
    const payload =
      short === 126 ? held.readUInt16BE(2) : short === 127 ? Number(held.readBigUInt64BE(2)) : short;
    const length = 2 + more + ((second & 0x80) === 0 ? 0 : 4) + payload;
    return held.length < length ? null : length;
  }

  #take(length: number): Buffer {
    const taken = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    return taken;
  }
}
