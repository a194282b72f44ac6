// The published schema of scenarios, judged by a validator that is not ours: it accepts every built-in scenario and refuses
// what the reader refuses.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';

const root = new URL('../../', import.meta.url);
const read = (path) => JSON.parse(readFileSync(new URL(path, root), 'utf8'));

const schema = read('docs/scenario.schema.json');
// Formats such as uint32 are notes of the generator; the bounds stand beside them.
const validate = new Ajv2020({ strict: false, validateFormats: false, allErrors: true }).compile(schema);

test('the schema accepts every built-in scenario', () => {
  const files = readdirSync(new URL('scenarios/', root)).filter((name) => name.endsWith('.json'));
  assert.equal(files.length, 44);
  for (const file of files) {
    assert.ok(validate(read(`scenarios/${file}`)), `${file}: ${JSON.stringify(validate.errors, null, 1)}`);
  }
});

test('the schema refuses unknown fields, wrong types and words that are not known, at their places', () => {
  const spoilt = [
    ['/hosts/0', (s) => (s.hosts[0].colour = 'red')],
    ['/hosts/0/tcp', (s) => (s.hosts[0].tcp = { mms: 536 })],
    ['/hosts/0/tcp/mss', (s) => (s.hosts[0].tcp = { mss: 'big' })],
    ['/hosts/0/programs/0/steps/0/do', (s) => (s.hosts[0].programs[0].steps[0].do = 'receive')],
    ['/network/latency', (s) => (s.network = { latency: 'soon' })],
    ['/network/latency', (s) => (s.network = { latency: true })],
    ['/network/loss', (s) => (s.network = { loss: -1 })],
    ['/title', (s) => (s.title = { de: 'Hallo' })],
    ['', (s) => delete s.hosts],
    ['', (s) => delete s.framewire],
  ];
  for (const [place, spoil] of spoilt) {
    const scenario = read('scenarios/hello-tcp.json');
    spoil(scenario);
    assert.equal(validate(scenario), false, String(spoil));
    const places = (validate.errors ?? []).map((error) => error.instancePath);
    assert.ok(places.includes(place), `${spoil}: ${places}`);
  }
});
