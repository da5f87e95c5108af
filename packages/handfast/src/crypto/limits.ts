/** Records that one key may protect, for each AEAD, before it must be replaced. */

/** 2^24.5 records of 2^14 bytes keep an attacker's advantage below 2^-57 (RFC 8446 §5.5). */
export const aesGcmConfidentialityLimit = 23_726_566

/** 2^21.5 (RFC 9001 §B.2, computed for packets; RFC 8446 §5.5 sets no number for CCM). */
export const aesCcmConfidentialityLimit = 2_965_820

/** No limit within reach: the sequence number ends first (RFC 8446 §5.5). */
export const chacha20Poly1305ConfidentialityLimit: number = Number.MAX_SAFE_INTEGER
