// Several express apps share their users' sessions through limpet: each app talks to another node.
//
// Usage: node sessions.js HOST:PORT HOST:PORT ...   Exits 0 and prints a summary if all went as it should.
'use strict';

const assert = require('node:assert');
const {createRequire} = require('node:module');
const path = require('node:path');
const {promisify} = require('node:util');

// The packages are under the build folder, not beside this file.
const load = createRequire(path.join(process.cwd(), 'package.json'));
const express = load('express');
const session = load('express-session');
const {RedisStore} = load('connect-redis');
const {createClient} = load('redis');

const USERS = 40;

async function startApp(address) {
  const client = createClient({url: `redis://${address}`, disableOfflineQueue: true});
  const errors = [];
  client.on('error', (error) => errors.push(error));
  await client.connect();
  const store = new RedisStore({client, prefix: 'sess:', ttl: 600});
  const app = express();
  app.use(session({store, secret: 'shell', resave: false, saveUninitialized: false, cookie: {maxAge: 600000}}));
  app.post('/login/:user', (req, res, next) => req.session.regenerate((error) => {
    if (error) return next(error);
    req.session.user = req.params.user;
    req.session.views = 0;
    res.json({id: req.sessionID});
  }));
  app.get('/view', (req, res) => {
    if (!req.session.user) return res.status(401).json({});
    req.session.views += 1;
    res.json({user: req.session.user, views: req.session.views});
  });
  app.get('/who', (req, res) => res.json({user: req.session.user ?? null}));  // touches the session, no more
  app.post('/logout', (req, res, next) => req.session.destroy((error) => error ? next(error) : res.json({})));
  const server = await new Promise((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening));
  });
  const ask = (what) => promisify(store[what].bind(store))();
  return {client, ask, errors, server, url: `http://127.0.0.1:${server.address().port}`};
}

// A browser: keeps its cookie, and meets another app at every request, as behind a load balancer.
class Browser {
  constructor(apps, name, turn) {
    Object.assign(this, {apps, name, turn, cookie: ''});
  }

  async ask(method, path) {
    const app = this.apps[this.turn++ % this.apps.length];
    const reply = await fetch(app.url + path, {method, headers: {cookie: this.cookie}});
    const set = reply.headers.get('set-cookie');
    if (set) this.cookie = set.split(';')[0];
    assert.ok(reply.status === 200 || reply.status === 401, `${method} ${path}: ${reply.status}`);
    return {status: reply.status, ...await reply.json()};
  }

  async visit() {
    const {id} = await this.ask('POST', `/login/${this.name}`);
    for (let i = 1; i <= 6; i++) {
      const seen = await this.ask('GET', '/view');
      assert.deepStrictEqual([seen.user, seen.views], [this.name, i]);
    }
    for (let i = 0; i < 3; i++) assert.strictEqual((await this.ask('GET', '/who')).user, this.name);
    return id;
  }
}

async function main(addresses) {
  const apps = await Promise.all(addresses.map(startApp));
  const browsers = Array.from({length: USERS}, (_, i) => new Browser(apps, `user${i}`, i));
  const ids = await Promise.all(browsers.map((browser) => browser.visit()));

  for (const {ask, client} of apps) {  // every app sees all sessions, through its own node
    assert.deepStrictEqual((await ask('ids')).sort(), [...ids].sort());
    assert.strictEqual(await ask('length'), USERS);
    assert.strictEqual((await ask('all')).length, USERS);
    const ttl = await client.ttl(`sess:${ids[0]}`);
    assert.ok(ttl > 590 && ttl <= 600, `time-out ${ttl}`);
  }

  for (const browser of browsers.slice(0, USERS / 2)) await browser.ask('POST', '/logout');
  for (const [i, browser] of browsers.entries()) {
    assert.strictEqual((await browser.ask('GET', '/view')).status, i < USERS / 2 ? 401 : 200);
  }
  assert.strictEqual(await apps[0].ask('length'), USERS / 2);
  await apps[1].ask('clear');
  assert.strictEqual(await apps[apps.length - 1].ask('length'), 0);

  for (const app of apps) {
    assert.deepStrictEqual(app.errors, []);
    await app.client.quit();
    app.server.closeAllConnections();
    app.server.close();
  }
  console.log(`${USERS} users over ${addresses.length} nodes: no error`);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
