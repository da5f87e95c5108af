/** `enableTrace`: what happens, one line for each event, on stderr. */
import type { TraceEvent, TraceListener } from '../trace/events.ts'

/** The listener that the options ask for. */
export function traceListener(
  trace: TraceListener | undefined,
  enableTrace: boolean,
): TraceListener | undefined {
  if (!enableTrace) return trace
  if (trace === undefined) return printEvent
  return (event) => {
    printEvent(event)
    trace(event)
  }
}

function printEvent(event: TraceEvent): void {
  process.stderr.write(`TLS ${event.role}: ${describe(event)}\n`)
}

const arrow = { sent: '→', received: '←' }

function describe(event: TraceEvent): string {
  switch (event.type) {
    case 'record':
      return `${arrow[event.direction]} record ${event.innerType}, ${event.bytes.length} bytes, ${event.protection}`
    case 'message':
      return `${arrow[event.direction]} ${event.name}, ${event.bytes.length} bytes`
    case 'keySchedule':
      return `key ${event.name} = ${event.operation}(${event.from.join(', ')})`
    case 'decision':
      return `${event.what}: ${event.chosen} (${event.why})`
    case 'check':
      return `check ${event.what} against ${event.against}: ${event.result}`
    case 'verdict':
      return `certificate of the ${event.of}: ${event.verdict.valid ? 'accepted' : 'refused'}`
    case 'alert':
      return `${arrow[event.direction]} alert ${event.level} ${event.description}`
    case 'state':
      return event.step
    case 'keys':
      return `${arrow[event.direction]} ${event.protection} keys, generation ${event.generation}`
    case 'session':
      return `${arrow[event.direction]} session ticket, ${event.ticketLength} bytes, ${event.lifetime} s`
    case 'failure':
      return `failed: ${event.code}: ${event.message}`
    case 'transport':
      return `transport ${event.what}: ${event.detail}`
  }
}
