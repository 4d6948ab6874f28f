// Runs the program so that nothing it says is lost: no shell, stdout read whatever the exit code, and a request to end passed on.
'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

// The package brings the program along; without it, as in a checkout, it is looked for on PATH.
function programPath() {
  const beside = path.join(__dirname, 'bin', 'defender-update-incident');
  return fs.existsSync(beside) ? beside : 'defender-update-incident';
}

/**
 * Starts one run: `{ end, outcome }`, where `end()` asks it to end and `outcome` resolves, and never rejects, to
 * `{ exitCode, envelope, stderr }`.
 */
function start(program, document, args) {
  // The framing is said, since the environment could choose another.
  const child = spawn(program || programPath(), ['--framing', 'plain', ...args], { stdio: 'pipe' });
  const outcome = new Promise((resolve) => {
    const stdout = [];
    const stderr = [];
    child.stdout.on('data', (bytes) => stdout.push(bytes));
    child.stderr.on('data', (bytes) => stderr.push(bytes));
    // A program that refuses its input may not read all of it.
    child.stdin.on('error', () => {});
    child.on('error', (error) => {
      // Only where there is no process: a signal that could not be sent is no outcome.
      if (child.pid === undefined) resolve({ exitCode: 127, envelope: notStarted(error), stderr: '' });
    });
    child.on('close', (code, signal) => {
      resolve({
        exitCode: code,
        envelope: envelopeOf(Buffer.concat(stdout).toString('utf8'), code, signal),
        stderr: Buffer.concat(stderr).toString('utf8').trim(),
      });
    });
  });
  child.stdin.end(JSON.stringify(document));
  return { end: () => child.kill('SIGTERM'), outcome };
}

function envelopeOf(stdout, code, signal) {
  try {
    const envelope = JSON.parse(stdout);
    if (envelope !== null && typeof envelope === 'object' && !Array.isArray(envelope)) return envelope;
  } catch {
    // Said below.
  }
  const what = signal ? `was killed by ${signal}` : `ended with exit code ${code}`;
  return {
    name: signal ? 'ProgramKilled' : 'ProgramUnreadable',
    message: `the program ${what} and did not say what became of the update`,
    help: 'read the incident before anything is repeated',
    update: 'unknown',
  };
}

function notStarted(error) {
  return {
    name: 'ProgramNotStarted',
    message: `the program did not start: ${error.message}`,
    help: 'install the package again, for this machine; nothing was sent',
    update: 'not_applied',
  };
}

/** All that a person needs to know of a failure, in one line. */
function text({ exitCode, envelope }) {
  // Everything that is wrong at once: the message holds the first alone.
  const wrong = (envelope.violations || []).map((one) => `\`${one.at}\`: ${one.problem}`);
  const what = wrong.length > 1 ? wrong.join('; ') : envelope.message;
  return `${envelope.name}: ${what} (update: ${envelope.update || 'unknown'}, exit code ${exitCode}). ${envelope.help || ''}`.trim();
}

module.exports = { start, text };
