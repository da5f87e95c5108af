/** What each step of the key schedule makes (RFC 8446 §7). `{owner}` is whose writing it protects. */

export const keySchedule: Readonly<Record<string, string>> = {
  'Early Secret':
    'The first of three stages: a key from an earlier connection goes in here, or zeros where there is none. HKDF-Extract presses whatever goes in into one even, random-looking secret.',
  'Handshake Secret':
    'The second stage: the secret that both sides just agreed on by their key shares is mixed in. From here on an eavesdropper who only listened is left behind.',
  'Master Secret':
    "The third stage, from which all keys for the application's data come. Nothing new goes in (zeros), but it is a separate step, so that handshake keys and data keys cannot be computed from each other.",
  derived:
    'A bridge between two stages: the old secret is passed through a one-way function before the next ingredient is added, so that a later secret never leads back to an earlier one.',
  binder_key:
    'The key of the binder, by which the client proves in its first message that it holds the key that it names (of an earlier connection, or one given to both sides beforehand), without sending it.',
  client_early_traffic_secret:
    "Protects the client's early data, before the server has answered; it hangs on the earlier connection's key alone.",
  early_exporter_master_secret:
    'Gives the application keys of its own that belong to the early data.',
  handshake_traffic_secret:
    "Protects the rest of the {owner}'s handshake messages. It depends on both hellos: had anybody changed one of them, the two sides would get different keys here.",
  application_traffic_secret_0:
    "Protects the data that the {owner} sends. It depends on every message up to the server's Finished, so it belongs to this one conversation.",
  application_traffic_secret:
    "The successor of the {owner}'s traffic secret after a KeyUpdate. The step works in one direction only: who learns the new secret cannot read what the old one protected.",
  exporter_master_secret:
    'Not used by TLS itself: from it an application can draw keys of its own that are tied to this connection, for instance to bind a login to it.',
  resumption_master_secret:
    'From this secret come the keys of later, resumed connections: each ticket gets one of its own.',
  write_key:
    'The key itself with which the {owner} encrypts its records: the traffic secret, cut to the length that the cipher wants.',
  write_iv:
    "Starting value for the {owner}'s nonces: each record's number is mixed into it, so that no two records are encrypted alike.",
  finished_key:
    'The key of the code in a Finished message (or of a binder): who can make that code has seen the same messages and has the same secret.',
  master_secret:
    'Up to TLS 1.2: the premaster secret, mixed with both randoms, or with the whole handshake where both sides have extended_master_secret. All keys of the connection come from it.',
  key_block:
    'Up to TLS 1.2: the master secret and both randoms, stretched to as many bytes as all keys together need.',
  write_MAC_key:
    'A piece of the key block: with it the code is made by which a changed record of the {owner} is noticed.',
  verify_data:
    'The code of a Finished: who can make it has seen the same messages and has the same secret.',
  PSK: 'The key that belongs to one ticket. Server and client each compute it; only the ticket crosses the wire, and it tells nothing to others.',
}

/** The key schedule's names for what goes in from outside. */
export const keyScheduleInputs: Readonly<Record<string, string>> = {
  PSK: 'The key that both sides have already: of an earlier connection, or given to both beforehand.',
  '0': 'Zeros, where a stage has nothing of its own to mix in.',
  premaster_secret:
    'What both sides got from the key exchange: a secret that they agreed on, or that the client made and encrypted for the server.',
  '(EC)DHE':
    "The secret of the key exchange: what each side computed from its private and the other's public key.",
}

/** For a step that has no sentence of its own. */
export const otherKeyScheduleStep =
  'A step of the key schedule: a one-way function turns a secret and a label into the next secret or key.'
