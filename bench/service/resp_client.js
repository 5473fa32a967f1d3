// A client of the Redis protocol over one connection: as much as a session store needs. Requests are pipelined.
'use strict';
const net = require('node:net');

const CR_LF = Buffer.from('\r\n');

function encode(words) {
  const parts = [Buffer.from(`*${words.length}\r\n`)];
  for (const word of words) {
    const data = Buffer.from(String(word));
    parts.push(Buffer.from(`$${data.length}\r\n`), data, CR_LF);
  }
  return Buffer.concat(parts);
}

class RespClient {
  // `onError` is called once when the connection is lost; whoever waits then gets the error too.
  constructor(port, onError) {
    this.waiting = [];
    this.rest = Buffer.alloc(0);
    this.socket = net.connect(port, '127.0.0.1');
    this.socket.setNoDelay(true);
    this.socket.on('data', (data) => this.received(data));
    this.socket.on('error', (error) => this.lost(error, onError));
    this.socket.on('close', () => this.lost(new Error('the store closed the connection'), onError));
  }

  // The promise of a reply: a string, a number or null.
  ask(...words) {
    return new Promise((resolve, reject) => {
      this.waiting.push({resolve, reject});
      this.socket.write(encode(words));
    });
  }

  lost(error, onError) {
    for (const {reject} of this.waiting.splice(0)) reject(error);
    onError(error);
  }

  received(data) {
    let bytes = this.rest.length > 0 ? Buffer.concat([this.rest, data]) : data;
    for (let used = this.takeReply(bytes); used > 0; used = this.takeReply(bytes)) bytes = bytes.subarray(used);
    this.rest = bytes;
  }

  // Hands one reply to whoever waits for it; returns its length, or 0 if it is not complete.
  takeReply(bytes) {
    const end = bytes.indexOf(CR_LF);
    if (end < 0) return 0;
    const line = bytes.toString('latin1', 1, end);
    const sign = String.fromCharCode(bytes[0]);
    if (sign === '$' && line !== '-1') {
      const length = Number(line);
      if (bytes.length < end + 2 + length + 2) return 0;
      this.waiting.shift().resolve(bytes.toString('utf8', end + 2, end + 2 + length));
      return end + 2 + length + 2;
    }
    const {resolve, reject} = this.waiting.shift();
    if (sign === '+') resolve(line);
    else if (sign === ':') resolve(Number(line));
    else if (sign === '$') resolve(null);
    else reject(new Error(line));
    return end + 2;
  }
}

module.exports = {RespClient};
