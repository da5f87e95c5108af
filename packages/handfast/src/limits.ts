/** What an honest peer never exceeds. Each limit can be set for a connection; each has its reason here. */
export interface Limits {
  /** Bytes of one handshake message's body. Chains with post-quantum signatures reach about 40 KiB; Go allows 64 KiB, OpenSSL 100 KiB. */
  readonly handshakeMessageBytes: number
  /** Records in a row that carry no content. They cost us a decryption and give nothing; BoringSSL allows 32. */
  readonly emptyRecords: number
  /** Warning alerts in a row (in TLS 1.3 only user_canceled is one). BoringSSL allows 4. */
  readonly warningAlerts: number
  /** KeyUpdates in a row without application data between: each costs two key derivations and perhaps an answer. BoringSSL and Go allow 32 or 16. */
  readonly keyUpdatesWithoutData: number
  /** Handshake messages after the handshake, over the connection's life, KeyUpdates that carry data between them not counted. */
  readonly postHandshakeMessages: number
  /** change_cipher_spec records during one handshake. RFC 8446 §D.4 knows one for each hello; more are noise. */
  readonly changeCipherSpecs: number
  /** Session tickets kept of one connection; OpenSSL sends 2, some servers 4. Further ones are read and dropped. */
  readonly tickets: number
  /** Certificates in one Certificate message. Real chains have fewer than 6. */
  readonly certificates: number
  /** Bytes of rejected early data that a server reads past (RFC 8446 §4.2.10): what a client may send before it learns of the refusal. */
  readonly skippedEarlyDataBytes: number
}

export const defaultLimits: Limits = {
  handshakeMessageBytes: 131_072,
  emptyRecords: 32,
  warningAlerts: 4,
  keyUpdatesWithoutData: 32,
  postHandshakeMessages: 256,
  changeCipherSpecs: 4,
  tickets: 8,
  certificates: 16,
  skippedEarlyDataBytes: 65_536,
}

/** Content bytes of a record (RFC 8446 §5.1). */
export const maxPlaintextLength = 16_384
/** What protection may add in TLS 1.3: the content type, padding, the tag (RFC 8446 §5.2). */
export const maxCiphertextExpansion = 256
/** A ticket lives seven days at the most (RFC 8446 §4.6.1). In seconds. */
export const maxTicketLifetime = 604_800
