// An HTTP service that holds nothing itself. GET /USER reads the user's session from the store, counts the visit,
// writes the session back, and answers with the count.
//
//   node session_service.js PORT STORE_PORT
'use strict';
const http = require('node:http');
const {RespClient} = require('./resp_client.js');

const SESSION_BYTES = 2048;
const SECONDS = 1800;

const [port, storePort] = process.argv.slice(2).map(Number);
const store = new RespClient(storePort, (error) => {
  console.error(error.message);
  process.exit(1);
});

function newSession() {
  const session = {visits: 0, cart: ''};
  return {...session, cart: 'x'.repeat(SESSION_BYTES - JSON.stringify(session).length)};
}

async function visit(user) {
  const key = `sess:${user}`;
  const text = await store.ask('GET', key);
  const session = text === null ? newSession() : JSON.parse(text);
  session.visits += 1;
  await store.ask('SET', key, JSON.stringify(session), 'EX', SECONDS);
  return session.visits;
}

const server = http.createServer((request, response) => {
  visit(request.url.slice(1)).then(
    (visits) => response.end(String(visits)),
    (error) => {
      response.statusCode = 500;
      response.end(error.message);
    });
});
server.keepAliveTimeout = 0;  // between two loads connections may rest
server.listen(port, '127.0.0.1', () => console.log(`listens on ${port}`));
