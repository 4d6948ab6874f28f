// Runs one call through a Node-RED of its own. Takes the folder with node-red and the user's folder, into which the package was
// installed; reads {"asset", "credentials", "payload", "end_after"} from stdin, where a null payload asks for the connection's test alone and
// "end_after" ends the server so many milliseconds after the call, and prints {"output", "message", "caught", "check", "log"}.
'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');

const [, , nodeRed, user] = process.argv;
const call = JSON.parse(fs.readFileSync(0, 'utf8'));

const flow = [
  { id: 'tab', type: 'tab', label: 'test' },
  { id: 'asset', type: 'defender-asset', ...call.asset },
  { id: 'in', z: 'tab', type: 'http in', url: '/run', method: 'post', wires: [['update']] },
  { id: 'update', z: 'tab', type: 'defender-update-incident', asset: 'asset', wires: [['applied'], ['failed']] },
  { id: 'applied', z: 'tab', type: 'change', rules: [{ t: 'set', p: 'output', pt: 'msg', to: 'applied', tot: 'str' }], wires: [['wrap']] },
  { id: 'failed', z: 'tab', type: 'change', rules: [{ t: 'set', p: 'output', pt: 'msg', to: 'failed', tot: 'str' }], wires: [['wrap']] },
  { id: 'catch', z: 'tab', type: 'catch', scope: null, wires: [['caught']] },
  // What a catch node hears comes after the second output, and alone where nothing was started.
  { id: 'caught', z: 'tab', type: 'function', func: 'if (msg.exitCode === undefined) { msg.output = "none"; msg.caught = msg.error.message; delete msg.error; return msg; } flow.set("caught", msg.error.message); return null;', wires: [['wrap']] },
  { id: 'wrap', z: 'tab', type: 'function', func: 'msg.payload = { output: msg.output, exitCode: msg.exitCode, payload: msg.payload, caught: msg.caught }; return msg;', wires: [['late']] },
  { id: 'late', z: 'tab', type: 'delay', pauseType: 'delay', timeout: '50', timeoutUnits: 'milliseconds', wires: [['add']] },
  { id: 'add', z: 'tab', type: 'function', func: 'msg.payload.caught = msg.payload.caught || flow.get("caught"); return msg;', wires: [['out']] },
  { id: 'out', z: 'tab', type: 'http response', statusCode: '200', wires: [] },
];

function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function answering(url, until) {
  for (;;) {
    try {
      return await fetch(url);
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function main() {
  const port = await freePort();
  // A node without a place counts as a configuration, and no catch node then listens.
  // An error that a catch node has taken is not logged, and a server that ends has nobody else to tell.
  const wanted = flow.filter((node) => call.end_after === null || node.type !== 'catch');
  const placed = wanted.map((node) => (node.z ? { x: 1, y: 1, ...node } : node));
  fs.writeFileSync(path.join(user, 'flows.json'), JSON.stringify(placed));
  fs.writeFileSync(path.join(user, 'flows_cred.json'), JSON.stringify({ asset: call.credentials }));
  fs.writeFileSync(path.join(user, 'settings.js'), "module.exports = { credentialSecret: false, flowFile: 'flows.json', uiHost: '127.0.0.1', telemetry: { enabled: false } };");
  const red = spawn(process.execPath, [path.join(nodeRed, 'node_modules/node-red/red.js'), '-u', user, '-p', String(port)], { stdio: 'pipe' });
  const told = { log: '' };
  red.stdout.on('data', (bytes) => (told.log += bytes));
  red.stderr.on('data', (bytes) => (told.log += bytes));
  const ended = new Promise((resolve) => red.on('close', resolve));
  try {
    const origin = `http://127.0.0.1:${port}`;
    await answering(`${origin}/settings`, Date.now() + 30_000);
    while (!told.log.includes('Started flows')) await new Promise((resolve) => setTimeout(resolve, 50));
    if (call.payload === null) {
      told.check = await (await fetch(`${origin}/defender-asset/asset/check`, { method: 'POST' })).json();
    } else {
      const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(call.payload) };
      if (call.end_after !== null) {
        // What would have been answered is lost with the server.
        fetch(`${origin}/run`, post).catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, call.end_after));
        return;
      }
      Object.assign(told, await (await fetch(`${origin}/run`, post)).json());
    }
  } finally {
    red.kill('SIGTERM');
    await ended;
    process.stdout.write(JSON.stringify(told));
  }
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
