/** The part of a TLS 1.3 client that resumes sessions, has keys with its server beforehand, and sends early data. */
import {
  checkAccepted,
  earlyDataStatus,
  earlySuite,
  sendEarlyData,
  sendEndOfEarlyData,
} from './clientEarlyData.ts'
import { bindPsks, selectedPsk, usablePsks } from './clientPsk.ts'
import { onNewSessionTicket } from './clientTickets.ts'
import type { PreSharedKeysPart } from './parts13.ts'

/** Lets `session`, `preSharedKey` and `earlyData` be, and tells of the sessions that a server gives. */
export const preSharedKeys: PreSharedKeysPart = {
  usable: usablePsks,
  bind: bindPsks,
  selected: selectedPsk,
  earlySuite,
  sendEarlyData,
  checkAccepted,
  sendEndOfEarlyData,
  earlyDataStatus,
  onTicket: onNewSessionTicket,
}
