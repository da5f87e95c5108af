/** TLS for Node in the shape of node:tls, with what node:tls lacks. See docs/node.md for the differences. */
import * as api from './api.ts'
import { settings } from './tables.ts'

export * from './api.ts'

/** For `import tls from`, as programs write it for node:tls: its `DEFAULT_…` may be assigned to. */
const tls: typeof api & typeof settings = Object.create(null, {
  ...Object.getOwnPropertyDescriptors(api),
  ...accessors(),
})
export default tls

function accessors(): PropertyDescriptorMap {
  const names = Object.keys(settings) as (keyof typeof settings)[]
  return Object.fromEntries(
    names.map((name) => [
      name,
      {
        get: () => settings[name],
        set: (value: never) => {
          settings[name] = value
        },
        enumerable: true,
        configurable: true,
      },
    ]),
  )
}
