// Load on session_service.js: a fixed number of workers, each of which asks for one user after the other and waits for
// each answer. No two workers share a user, so every answer is known beforehand but the first: one more than the last.
// Prints one line of JSON.
//
//   node http_load.js PORT REQUESTS USERS WORKERS
'use strict';
const http = require('node:http');

const [port, requests, users, workers] = process.argv.slice(2).map(Number);
const agent = new http.Agent({keepAlive: true, maxSockets: workers});
const visits = new Map();
const milliseconds = [];
const wrong = [];
let asked = 0;

function get(user) {
  return new Promise((resolve, reject) => {
    http.get({port, host: '127.0.0.1', path: `/${user}`, agent, timeout: 30000}, (response) => {
      let body = '';
      response.on('data', (data) => { body += data; });
      response.on('end', () => resolve({status: response.statusCode, body}));
    }).on('error', reject).on('timeout', () => reject(new Error('no answer within 30 s')));
  });
}

function check(user, {status, body}) {
  const expected = visits.has(user) ? visits.get(user) + 1 : Number(body);
  if (status !== 200 || Number(body) !== expected) {
    wrong.push(`user ${user}: ${status} ${body.slice(0, 100)} instead of ${expected}`);
  }
  visits.set(user, Number(body));
}

async function work(worker) {
  for (let user = worker; asked < requests; user = user + workers < users ? user + workers : worker) {
    asked += 1;
    const began = process.hrtime.bigint();
    const answer = await get(user);
    milliseconds.push(Number(process.hrtime.bigint() - began) / 1e6);
    check(user, answer);
  }
}

async function main() {
  const began = process.hrtime.bigint();
  await Promise.all(Array.from({length: workers}, (_, worker) => work(worker)));
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  agent.destroy();
  milliseconds.sort((a, b) => a - b);
  const percentile = (share) => milliseconds[Math.floor((milliseconds.length - 1) * share)];
  console.log(JSON.stringify({perSecond: requests / seconds, p50: percentile(0.5), p99: percentile(0.99),
    wrong: wrong.length, firstWrong: wrong[0]}));
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
