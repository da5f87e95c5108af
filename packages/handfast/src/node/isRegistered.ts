/** A file of its own: what replaces node:tls is loaded by `handfast/register` alone. */
import { connect } from './connect.ts'

/** Whether this library is in the place of node:tls in this process: `node --import handfast/register`. */
export function isRegistered(): boolean {
  return (process.getBuiltinModule('node:tls').connect as unknown) === connect
}
