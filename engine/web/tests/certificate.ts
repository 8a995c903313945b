// A certificate of one's own for one test: an X.509 v3 of a fresh P-256 key, signed by itself (RFC 5280, RFC 5480).

import { createHash, generateKeyPairSync, sign } from 'node:crypto';

export interface Certificate {
  certificate: string;
  key: string;
  /** SHA-256 of its public key, as Chromium takes it. */
  pin: string;
}

function tagged(tag: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const length =
    body.length < 128
      ? [body.length]
      : body.length < 256
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}
const sequence = (...parts: Uint8Array[]) => tagged(0x30, ...parts);
const oid = (hex: string) => tagged(6, Buffer.from(hex, 'hex'));
const utc = (at: Date) =>
  tagged(0x17, Buffer.from(`${at.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));

const ECDSA_WITH_SHA256 = oid('2a8648ce3d040302');
const COMMON_NAME = oid('550403');
const SUBJECT_ALT_NAME = oid('551d11');
const DAY_MS = 86_400_000;

/** For `localhost` and 127.0.0.1, from yesterday to tomorrow. */
export function certify(): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const name = sequence(tagged(0x31, sequence(COMMON_NAME, tagged(0x0c, Buffer.from('localhost')))));
  const names = sequence(tagged(0x82, Buffer.from('localhost')), tagged(0x87, Buffer.from([127, 0, 0, 1])));
  const now = Date.now();
  const body = sequence(
    tagged(0xa0, tagged(2, Buffer.from([2]))),
    tagged(2, Buffer.from([1])),
    sequence(ECDSA_WITH_SHA256),
    name,
    sequence(utc(new Date(now - DAY_MS)), utc(new Date(now + DAY_MS))),
    name,
    spki,
    tagged(0xa3, sequence(sequence(SUBJECT_ALT_NAME, tagged(4, names)))),
  );
  const signature = tagged(3, Buffer.from([0]), sign('sha256', body, privateKey));
  const der = sequence(body, sequence(ECDSA_WITH_SHA256), signature);
  const lines = der.toString('base64').replace(/(.{64})/g, '$1\n');
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    pin: createHash('sha256').update(spki).digest('base64'),
  };
}
