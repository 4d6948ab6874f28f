// Node-RED nodes: `defender-asset` says where to and who signs in, `defender-update-incident` updates one incident a message.
'use strict';

const { start, text } = require('./program');

const FIELDS = ['tenant_id', 'client_id', 'cloud', 'url', 'login_url', 'scope'];
const SECRETS = ['client_secret', 'http_proxy', 'more_fields'];
// Longer than the 5 s that the program gives a write in flight, shorter than the 15 s that Node-RED waits for a node to close.
const CLOSE_MILLIS = 10_000;

module.exports = function (RED) {
  function DefenderAsset(config) {
    RED.nodes.createNode(this, config);
    this.program = config.program;
    this.fields = () => assetOf(config, this.credentials || {});
  }
  RED.nodes.registerType('defender-asset', DefenderAsset, {
    credentials: Object.fromEntries(SECRETS.map((name) => [name, { type: 'password' }])),
  });

  // The editor's button "Test connection": the deployed asset signs in, and nothing is changed.
  RED.httpAdmin.post('/defender-asset/:id/check', RED.auth.needsPermission('flows.write'), async (request, response) => {
    const asset = RED.nodes.getNode(request.params.id);
    if (!asset || asset.type !== 'defender-asset') {
      return response.status(404).json({ ok: false, text: 'deploy first, then test' });
    }
    try {
      const outcome = await start(asset.program, { asset: asset.fields() }, ['--check']).outcome;
      const ok = outcome.exitCode === 0;
      response.json({ ok, text: ok ? 'the application signs in and may update incidents' : text(outcome), envelope: outcome.envelope });
    } catch (error) {
      response.json({ ok: false, text: error.message });
    }
  });

  function DefenderUpdateIncident(config) {
    RED.nodes.createNode(this, config);
    const runs = new Set();
    this.on('input', async (message, send, done) => {
      try {
        const asset = RED.nodes.getNode(config.asset);
        if (!asset) throw new Error('no asset is chosen; nothing was sent');
        const run = start(asset.program, documentOf(message.payload, asset.fields()), []);
        runs.add(run);
        this.status({ fill: 'blue', shape: 'dot', text: 'updating' });
        const outcome = await run.outcome;
        runs.delete(run);
        if (outcome.stderr) this.warn(outcome.stderr, message);
        hand(this, message, outcome, send, done);
      } catch (error) {
        this.status({ fill: 'red', shape: 'ring', text: 'not sent' });
        done(error);
      }
    });
    this.on('close', async (done) => {
      runs.forEach((run) => run.end());
      const late = new Promise((resolve) => setTimeout(resolve, CLOSE_MILLIS).unref());
      await Promise.race([Promise.all([...runs].map((run) => run.outcome)), late]);
      done();
    });
  }
  RED.nodes.registerType('defender-update-incident', DefenderUpdateIncident);
};

/** First output: it was done. Second: it was not, and the message says so; a catch node hears of it as well. */
function hand(node, message, outcome, send, done) {
  message.payload = outcome.envelope;
  message.exitCode = outcome.exitCode;
  if (outcome.exitCode === 0) {
    node.status({ fill: 'green', shape: 'dot', text: 'applied' });
    send([message, null]);
    return done();
  }
  node.status({ fill: 'red', shape: 'dot', text: `${outcome.envelope.name}, update: ${outcome.envelope.update}` });
  send([null, message]);
  const failure = new Error(text(outcome));
  failure.code = outcome.envelope.name;
  done(failure);
}

/** The message says what to do, and never where to or who signs in. */
function documentOf(payload, asset) {
  if (payload === null || typeof payload !== 'object' || Array.isArray(payload) || Buffer.isBuffer(payload)) {
    throw new Error('msg.payload: expected an object with path_parameters and json_body; nothing was sent');
  }
  return { ...payload, asset };
}

function assetOf(config, credentials) {
  const fields = {};
  for (const name of FIELDS) if (config[name]) fields[name] = config[name];
  for (const name of ['client_secret', 'http_proxy']) if (credentials[name]) fields[name] = credentials[name];
  if (config.verify_ssl === false) fields.verify_ssl = false;
  if (!credentials.more_fields) return fields;
  let more;
  try {
    more = JSON.parse(credentials.more_fields);
  } catch {
    // The parser's words would repeat what was typed, which may be a secret.
  }
  if (more === null || typeof more !== 'object' || Array.isArray(more)) {
    throw new Error('more_fields: expected a JSON object; nothing was sent');
  }
  return { ...fields, ...more };
}
