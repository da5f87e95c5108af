/** DANE (RFC 6698, RFC 7671): TLSA records decide who is trusted. */
export { verifyWithTlsa } from './tlsa.ts'
