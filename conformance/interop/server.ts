/** A server that runs as a child process, and whose output tells of its connections. */

import type { AnswerStyle } from './payload.ts'
import type { ConnectionReport, RunningServer } from './peer.ts'
import type { Child } from './process.ts'

/** Milliseconds that a server gets to print its report after the client has ended. */
const reportLimit = 5000

/** @param parse finds the reports of the ended connections in all that the server printed */
export function serverOver(
  child: Child,
  port: number,
  answers: AnswerStyle,
  parse: (log: string) => readonly ConnectionReport[],
): RunningServer {
  return {
    port,
    answers,
    connections: () => parse(child.log()),
    waitForConnections: (count) =>
      child.waitFor(
        `report of ${count} connection(s)`,
        (log) => {
          const reports = parse(log)
          return reports.length >= count ? reports : undefined
        },
        reportLimit,
      ),
    stop: () => child.stop(),
  }
}
