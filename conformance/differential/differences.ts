/** Where another implementation meets a case in another way, and why. What is not explained here fails the test. */
import type { Case } from './cases.ts'
import { classOf } from './outcomes.ts'

export interface Difference {
  readonly peer: string
  readonly aCase: Case
  /** The message or record that was changed. */
  readonly changed: string | undefined
  readonly ours: string
  readonly theirs: string
}

interface Explanation {
  readonly why: string
  readonly when: (difference: Difference) => boolean
}

const refuses = (outcome: string) => !['accepted', 'waits'].includes(classOf(outcome))
const accepts = (outcome: string) => classOf(outcome) === 'accepted'
const is13 = ({ aCase }: Difference) => aCase.configuration.version === 0x0304
const how = ({ aCase }: Difference) => aCase.mutation.how
const isRecord = ({ aCase }: Difference) => aCase.mutation.where === 'record'

/** One accepts what the other refuses. */
const ofAcceptance: readonly Explanation[] = [
  {
    why: 'RFC 8446 §4.2: an answer with an extension that was not asked for ends the handshake with unsupported_extension; others pass over those that they do not know',
    when: ({ changed, ours, theirs }) =>
      /^(EncryptedExtensions|ServerHello|Certificate)$/.test(changed ?? '') &&
      ours === 'unsupported_extension' &&
      accepts(theirs),
  },
  {
    why: 'RFC 8446 §4.1.2: the second ClientHello is the first, but for the named changes; OpenSSL and Go compare a part of it',
    when: ({ aCase, ours, theirs }) =>
      aCase.configuration.retry &&
      aCase.victim === 'server' &&
      ours === 'illegal_parameter' &&
      (accepts(theirs) || classOf(theirs) === 'without a word'),
  },
  {
    why: 'RFC 8446 §5: a change_cipher_spec is dropped from the first ClientHello to the peer’s Finished, and is unexpected_message at any other time; OpenSSL refuses it before a ServerHello, Go drops it later too',
    when: (difference) =>
      is13(difference) &&
      (how(difference) === 'a change_cipher_spec comes before it' ||
        // Without the first answer it is what comes first.
        (how(difference) === 'it is left out' && difference.ours === 'waits')),
  },
  {
    why: 'RFC 8446 §5.1: no empty fragment of a handshake message or alert; §5: a change_cipher_spec is one byte. Others pass over some of them',
    when: (difference) =>
      how(difference) === 'an empty one comes before it' && refuses(difference.ours),
  },
  {
    why: 'RFC 8446 §6: an alert that tells an error ends the connection whatever its level says, and so does close_notify in a handshake (RFC 5246 §7.2.2 allows it before TLS 1.3); others pass over warnings',
    when: (difference) =>
      how(difference) === 'an alert comes before it' &&
      (accepts(difference.theirs) || accepts(difference.ours)),
  },
  {
    why: 'RFC 8446 §5.1, RFC 5246 §7.3: nothing follows a ClientHello or a Finished in its flight; others answer first and find it when they read again',
    when: ({ changed, aCase, theirs }) =>
      /^(Finished|ClientHello|record of type 22)$/.test(changed ?? '') &&
      /behind|twice/.test(aCase.mutation.how) &&
      accepts(theirs),
  },
  {
    why: 'RFC 6066 §3: server_name holds a DNS name in ASCII, and nothing else; others do not look at a name that they do not need',
    when: ({ changed, aCase, ours }) =>
      aCase.victim === 'server' &&
      /^(ClientHello|record of type 22)$/.test(changed ?? '') &&
      ours === 'illegal_parameter',
  },
  {
    why: 'the victim goes on in another way that is right too (no certificate where none of its schemes is wanted), and the hostile end refuses that',
    when: ({ ours, theirs, changed }) =>
      /^(CertificateRequest|ServerHello|ClientHello|EncryptedExtensions|record of type 22)$/.test(
        changed ?? '',
      ) && [ours, theirs].includes('turned away'),
  },
]

/** Both refuse, and say so in other words. */
const ofAlerts: readonly Explanation[] = [
  {
    why: 'the other end closes without an alert, or seals it under keys that the hostile end does not have',
    when: ({ ours, theirs }) => [ours, theirs].some((one) => classOf(one) === 'without a word'),
  },
  {
    why: 'OpenSSL and Go answer with internal_error to what they do not expect in this state',
    when: ({ theirs }) => theirs === 'internal_error',
  },
  {
    why: 'a certificate that cannot be read: bad_certificate is for corrupt ones (RFC 8446 §6.2); others say decode_error',
    when: ({ changed, ours, theirs }) =>
      changed === 'Certificate' && [ours, theirs].some((one) => classOf(one) === 'the certificate'),
  },
  {
    why: 'a Finished of a wrong length is decode_error here, and decrypt_error there; for a wrong one of TLS 1.2 Go says handshake_failure, and RFC 5246 §7.2.2 decrypt_error',
    when: ({ changed }) => changed === 'Finished' || changed === 'record of type 22',
  },
  {
    why: 'a second ClientHello where none belongs: unexpected_message here; others read it as one of a version that cannot be',
    when: ({ aCase, theirs }) => aCase.victim === 'server' && theirs === 'protocol_version',
  },
  {
    why: 'a record whose type is not that of protected ones, or that is empty: RFC 8446 §5 says unexpected_message before it is opened, and others open it first',
    when: (difference) => isRecord(difference),
  },
  {
    why: 'what is changed breaks more than one rule: RFC 8446 §6.2 has no order of checks',
    when: ({ aCase }) => /flipped|another$|cut|put in|behind|before/.test(aCase.mutation.how),
  },
]

/** @returns the reason; undefined where nobody knows one */
export function explanationOf(difference: Difference): string | undefined {
  const bothRefuse = refuses(difference.ours) && refuses(difference.theirs)
  const known = bothRefuse ? [...ofAcceptance, ...ofAlerts] : ofAcceptance
  return known.find(({ when }) => when(difference))?.why
}
