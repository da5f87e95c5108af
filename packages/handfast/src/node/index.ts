/** TLS for Node in the shape of node:tls, with what node:tls lacks. See docs/node.md for the differences. */
import * as api from './api.ts'
import { type settings, settingsAccessors } from './tables.ts'

export * from './api.ts'

/** For `import tls from`, as programs write it for node:tls: its `DEFAULT_…` may be assigned to. */
const tls: typeof api & typeof settings = Object.create(null, {
  ...Object.getOwnPropertyDescriptors(api),
  ...settingsAccessors(),
})
export default tls
