/**
 * Where another implementation meets a case in another way, and why: one list. What is not explained here fails the test.
 * Each entry says as narrowly as it can what it explains: who differs, in what, and how.
 */
import type { Case } from './cases.ts'
import { classOf } from './outcomes.ts'

export interface Difference {
  readonly peer: string
  readonly aCase: Case
  /** The message or record that was changed: for our engine, and for the other. */
  readonly changedHere: string | undefined
  readonly changedThere: string | undefined
  readonly ours: string
  readonly theirs: string
}

interface Explanation {
  readonly section: string
  readonly why: string
  readonly when: (difference: Difference) => boolean
}

const silent = (outcome: string) => classOf(outcome) === 'without a word'
const accepts = (outcome: string) => classOf(outcome) === 'accepted'
const refuses = (outcome: string) => !accepts(outcome) && outcome !== 'waits'
const oneAccepts = ({ ours, theirs }: Difference) => accepts(ours) || accepts(theirs)
const bothRefuse = ({ ours, theirs }: Difference) => refuses(ours) && refuses(theirs)
const by = ({ peer }: Difference, name: string) => peer.startsWith(name)
const is13 = ({ aCase }: Difference) => aCase.configuration.version === 0x0304
const how = ({ aCase }: Difference) => aCase.mutation.how
const isRecord = ({ aCase }: Difference) => aCase.mutation.where === 'record'
const changed = ({ changedHere, changedThere }: Difference, what: RegExp) =>
  what.test(changedThere ?? changedHere ?? '')
/** A message, or the record in the clear that holds it. */
const changedHello = (difference: Difference) =>
  changed(difference, /^(ClientHello|ServerHello|HelloRetryRequest|record of type 22)$/)

const explanations: readonly Explanation[] = [
  {
    section: 'RFC 8446 §4.1.4',
    why: 'the two connections are not the same: rustls remembers which group a server chose, so that no HelloRetryRequest comes when it resumes, and another message is changed',
    when: (difference) =>
      by(difference, 'rustls') &&
      difference.aCase.victim === 'client' &&
      difference.aCase.configuration.retry &&
      difference.aCase.configuration.resumes,
  },
  {
    section: 'RFC 8446 §4.6.1',
    why: 'a ticket is what its server makes of it, and of another length for each: another byte of the ClientHello is changed. In a name, an unknown ticket is passed over; elsewhere the binder is wrong',
    when: (difference) =>
      difference.aCase.victim === 'server' &&
      difference.aCase.configuration.resumes &&
      difference.aCase.mutation.nth === 0 &&
      changedHello(difference) &&
      (accepts(difference.ours) ||
        accepts(difference.theirs) ||
        difference.theirs === 'decrypt_error' ||
        difference.ours === 'decrypt_error'),
  },
  // ── One accepts what the other refuses ──────────────────────────────────────────────────────────────────────────
  {
    section: 'RFC 8446 §4.2',
    why: 'an answer with an extension that was not asked for ends the handshake with unsupported_extension; others pass over those that they do not know',
    when: (difference) =>
      changed(difference, /^(EncryptedExtensions|ServerHello|Certificate)$/) &&
      difference.ours === 'unsupported_extension' &&
      accepts(difference.theirs),
  },
  {
    section: 'RFC 8446 §4.1.3',
    why: 'legacy_version is 0x0303, and legacy_session_id_echo is what was sent, or the client ends with illegal_parameter; OpenSSL does not look at the one, rustls not at the other',
    when: (difference) =>
      is13(difference) &&
      difference.aCase.victim === 'client' &&
      changedHello(difference) &&
      difference.ours === 'illegal_parameter' &&
      accepts(difference.theirs),
  },
  {
    section: 'RFC 8446 §4.3.2',
    why: 'a CertificateRequest has signature_algorithms; Go goes on without',
    when: (difference) =>
      by(difference, 'go') &&
      changed(difference, /^CertificateRequest$/) &&
      difference.ours === 'missing_extension' &&
      accepts(difference.theirs),
  },
  {
    section: 'RFC 8446 §4.1.2',
    why: 'the second ClientHello is the first, but for the named changes; others compare a part of it',
    when: (difference) =>
      difference.aCase.configuration.retry &&
      difference.aCase.victim === 'server' &&
      difference.ours === 'illegal_parameter' &&
      (accepts(difference.theirs) || silent(difference.theirs)),
  },
  {
    section: 'RFC 8446 §5.2',
    why: 'a protected record has the outer type 23; rustls does not look at it, nor authenticate it',
    when: (difference) =>
      by(difference, 'rustls') &&
      is13(difference) &&
      how(difference) === 'its type is another' &&
      changed(difference, /^record of type 23$/) &&
      ['unexpected_message', 'decode_error'].includes(difference.ours) &&
      accepts(difference.theirs),
  },
  {
    section: 'RFC 8446 §5',
    why: 'a change_cipher_spec is dropped from the first ClientHello to the peer’s Finished, and is unexpected_message at any other time; OpenSSL and rustls refuse it before a ServerHello, Go drops it later too',
    when: (difference) =>
      is13(difference) &&
      (how(difference) === 'a change_cipher_spec comes before it' ||
        // Without the first answer it is what comes first.
        (how(difference) === 'it is left out' && difference.ours === 'waits')),
  },
  {
    section: 'RFC 8446 §5.1, §5',
    why: 'no empty fragment of a handshake message or alert; a change_cipher_spec is one byte. Others pass over some of them, or say otherwise',
    when: (difference) =>
      how(difference) === 'an empty one comes before it' && refuses(difference.ours),
  },
  {
    section: 'RFC 8446 §6, RFC 5246 §7.2.2',
    why: 'an alert that tells an error ends the connection whatever its level says, and so does close_notify in a handshake; others pass over warnings, count them, or have a list of them that they do not',
    when: (difference) => how(difference) === 'an alert comes before it',
  },
  {
    section: 'RFC 8446 §5.1, RFC 5246 §7.3',
    why: 'nothing follows a ClientHello or a Finished in its flight, and no record is taken twice: one reads on before it answers, the other answers and finds it when it reads again',
    when: (difference) =>
      changed(
        difference,
        /^(Finished|ClientHello|NewSessionTicket|new_session_ticket|record of type 2[23])$/,
      ) &&
      /behind|twice/.test(how(difference)) &&
      oneAccepts(difference),
  },
  {
    section: 'RFC 6066 §3',
    why: 'server_name holds a DNS name in ASCII, and nothing else; others do not look at a name that they do not need',
    when: (difference) =>
      difference.aCase.victim === 'server' &&
      changedHello(difference) &&
      difference.ours === 'illegal_parameter' &&
      accepts(difference.theirs),
  },
  {
    section: 'RFC 8446 §4.2.3, §4.3.2',
    why: 'the victim goes on in another way that is right too (no certificate where none of its schemes is wanted), and the hostile end refuses that',
    when: ({ ours, theirs, ...rest }) =>
      /^(CertificateRequest|certificate_request|ServerHello|ClientHello|EncryptedExtensions|record of type 22)$/.test(
        rest.changedThere ?? '',
      ) && [ours, theirs].includes('turned away'),
  },
  {
    section: 'RFC 7301 §3.2',
    why: 'rustls looks for a protocol in common behind its ServerHello, and this counts a changed ClientHello that is answered as taken',
    when: (difference) =>
      by(difference, 'rustls') &&
      difference.aCase.configuration.flaw === 'no protocol in common' &&
      difference.ours === 'no_application_protocol' &&
      difference.theirs === 'answered',
  },
  {
    section: 'RFC 5246 §7.4.1.1',
    why: 'a HelloRequest in the middle of a handshake: unexpected_message here; OpenSSL passes over it and waits for what should have come',
    when: (difference) =>
      by(difference, 'OpenSSL') &&
      !is13(difference) &&
      difference.aCase.victim === 'client' &&
      how(difference) === 'its type is another' &&
      difference.ours === 'unexpected_message' &&
      difference.theirs === 'waits',
  },
  // ── Both refuse, one of them later, or only when it hears more ──────────────────────────────────────────────────
  {
    section: 'RFC 8446 §4.4.2.4, RFC 5246 §7.4.2',
    why: 'node:tls judges a certificate when OpenSSL is done with the handshake, and closes without an alert, rustls that of TLS 1.2 with the ServerHelloDone; where the handshake does not come that far, they tell what they met first, or wait',
    when: (difference) =>
      classOf(difference.ours) === 'the certificate' &&
      (by(difference, 'OpenSSL')
        ? !accepts(difference.theirs)
        : by(difference, 'rustls') && !is13(difference) && difference.theirs === 'waits'),
  },
  {
    section: 'RFC 5246 §7.1',
    why: 'without a change_cipher_spec a protected Finished is read in the clear: type and length are noise, and what they promise may be waited for',
    when: (difference) =>
      !is13(difference) &&
      how(difference) === 'it is left out' &&
      changed(difference, /^record of type 20$/) &&
      [difference.ours, difference.theirs].includes('waits'),
  },
  // ── Both refuse, and say so in other words ──────────────────────────────────────────────────────────────────────
  {
    section: 'RFC 8446 §5',
    why: 'what does not begin as TLS is told to the caller as that, and is not answered; others answer it with an alert',
    when: (difference) =>
      isRecord(difference) &&
      how(difference) === 'its type is another' &&
      difference.aCase.mutation.nth === 0 &&
      difference.ours === 'closed' &&
      refuses(difference.theirs),
  },
  {
    section: 'RFC 8446 §6.2',
    why: 'one of them seals its alert under keys that the hostile end does not have, or has not yet, or closes without one',
    when: (difference) =>
      bothRefuse(difference) && [difference.ours, difference.theirs].some(silent),
  },
  {
    section: 'RFC 8446 §6.2',
    why: 'OpenSSL and Go answer with internal_error to what they do not expect in this state',
    when: (difference) => bothRefuse(difference) && difference.theirs === 'internal_error',
  },
  {
    section: 'RFC 8446 §4.2.11.2, §6.2',
    why: 'a binder that does not fit is decrypt_error; OpenSSL says illegal_parameter',
    when: (difference) =>
      by(difference, 'OpenSSL') &&
      difference.ours === 'decrypt_error' &&
      difference.theirs === 'illegal_parameter' &&
      (difference.aCase.configuration.psk !== 'none' || difference.aCase.configuration.resumes),
  },
  {
    section: 'RFC 4279 §2',
    why: 'a name that nobody has a key for: unknown_psk_identity, or decrypt_error, to tell nothing about names',
    when: (difference) =>
      difference.aCase.configuration.psk !== 'none' &&
      [difference.ours, difference.theirs].includes('unknown_psk_identity') &&
      bothRefuse(difference),
  },
  {
    section: 'RFC 8446 §4.2.8.2, RFC 8422 §5.11',
    why: 'a share that is no point: illegal_parameter; others call it decrypt_error, decode_error or handshake_failure, or find it when the keys do not fit',
    when: (difference) =>
      bothRefuse(difference) &&
      changed(
        difference,
        /^(client_key_exchange|server_key_exchange|ServerHello|ClientHello|record of type 22)$/,
      ) &&
      [difference.ours, difference.theirs].includes('illegal_parameter'),
  },
  {
    section: 'RFC 5246 §7.4.6',
    why: 'where a certificate is required and none comes, TLS 1.2 has handshake_failure; rustls sends certificate_required of TLS 1.3',
    when: (difference) =>
      by(difference, 'rustls') &&
      !is13(difference) &&
      difference.ours === 'handshake_failure' &&
      difference.theirs === 'certificate_required',
  },
  {
    section: 'RFC 8446 §6.2',
    why: 'a certificate that cannot be read: bad_certificate is for corrupt ones; others say decode_error, or find it when they check the signature',
    when: (difference) =>
      bothRefuse(difference) &&
      changed(difference, /^(Certificate|record of type 22)$/) &&
      [difference.ours, difference.theirs].some((one) => classOf(one) === 'the certificate'),
  },
  {
    section: 'RFC 8446 §4.4.4, RFC 5246 §7.2.2, §7.4.9',
    why: 'a Finished of a wrong length is decode_error here, and decrypt_error there; for a wrong one of TLS 1.2 Go says handshake_failure, and the RFC decrypt_error',
    when: (difference) =>
      changed(difference, /^Finished$/) &&
      ['decode_error', 'decrypt_error'].includes(difference.ours) &&
      ['decode_error', 'decrypt_error', 'handshake_failure'].includes(difference.theirs),
  },
  {
    section: 'RFC 8446 §4.2, RFC 5246 §7.4.1.4',
    why: 'a signature that is cut or longer: decode_error by its length, or decrypt_error by what it is',
    when: (difference) =>
      changed(difference, /^(CertificateVerify|certificate_verify|server_key_exchange)$/) &&
      [difference.ours, difference.theirs].every((one) =>
        ['decode_error', 'decrypt_error', 'illegal_parameter', 'handshake_failure'].includes(one),
      ),
  },
  {
    section: 'RFC 8446 §4.1.2',
    why: 'a second ClientHello where none belongs, or one whose versions are not there: others read it as one of a version that cannot be',
    when: (difference) =>
      difference.aCase.victim === 'server' &&
      bothRefuse(difference) &&
      difference.theirs === 'protocol_version',
  },
  {
    section: 'RFC 8446 §5, §5.2, RFC 5246 §6.2',
    why: 'a record of a type that does not belong there, or cut: unexpected_message before it is opened, or bad_record_mac when it is',
    when: (difference) => isRecord(difference) && bothRefuse(difference),
  },
  {
    section: 'RFC 8446 §5.2, RFC 5246 §7.4.9',
    why: 'a message that is left out, doubled or put in moves what follows under other keys or into another state: unexpected_message by the one, bad_record_mac or decrypt_error by the other',
    when: (difference) =>
      bothRefuse(difference) &&
      /left out|behind|twice|before|type is another/.test(how(difference)) &&
      [difference.ours, difference.theirs].every((one) =>
        ['unexpected_message', 'bad_record_mac', 'decrypt_error', 'decode_error'].includes(one),
      ),
  },
  {
    section: 'RFC 8446 §6.2',
    why: 'two things are wrong, what is changed and what was flawed from the start: there is no order of checks',
    when: (difference) =>
      bothRefuse(difference) &&
      difference.aCase.configuration.flaw !== undefined &&
      difference.aCase.mutation.where !== 'none',
  },
  {
    section: 'RFC 8446 §6.2',
    why: 'what is changed breaks more than one rule, a length and what stands in it, or an offer and what is chosen of it: there is no order of checks',
    when: (difference) =>
      bothRefuse(difference) &&
      /flipped|byte is another|cut|put in/.test(how(difference)) &&
      classOf(difference.ours) !== classOf(difference.theirs) &&
      [difference.ours, difference.theirs].some((one) => classOf(one) === 'not the protocol'),
  },
]

/** @returns the reason; undefined where nobody knows one */
export function explanationOf(difference: Difference): string | undefined {
  // This tells a defect of our own.
  if (difference.ours === 'internal_error') return undefined
  const found = explanations.find(({ when }) => when(difference))
  return found && `${found.section}: ${found.why}`
}
