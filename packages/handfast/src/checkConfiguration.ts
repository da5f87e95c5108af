/** Numbers that no connection can work with, refused when it is made: later they would stop it or break the protocol. */
import type { ClientConfig, ServerConfig } from './config.ts'
import { ConfigurationError } from './errors.ts'
import { maxPlaintextLength } from './limits.ts'

/** @throws ConfigurationError `ERR_OUT_OF_RANGE` */
export function checkConfiguration(config: ClientConfig | ServerConfig): void {
  inRange('maxSendFragment', config.maxSendFragment, 1, maxPlaintextLength)
  // RFC 8449 §4: 64 at the least; the content type counts.
  inRange('recordSizeLimit', config.recordSizeLimit, 64, maxPlaintextLength + 1)
  inRange('keyUpdateAfterRecords', config.keyUpdateAfterRecords, 1, Number.MAX_SAFE_INTEGER)
  if ('earlyData' in config && config.earlyData !== undefined && 'maxBytes' in config.earlyData)
    inRange('earlyData.maxBytes', config.earlyData.maxBytes, 1, 2 ** 32 - 1)
  // A ticket's nonce is its number in one byte (RFC 8446 §4.6.1).
  if ('ticketCount' in config) inRange('ticketCount', config.ticketCount, 0, 255)
}

function inRange(option: string, value: number | undefined, min: number, max: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return
  throw new ConfigurationError(
    'ERR_OUT_OF_RANGE',
    `${option} is ${value}: it must be a whole number from ${min} to ${max}`,
  )
}
