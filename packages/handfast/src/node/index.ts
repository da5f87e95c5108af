/** TLS for Node in the shape of node:tls, with what node:tls lacks. See docs/node.md for the differences. */
export * from './api.ts'
/** For `import tls from`, as programs write it for node:tls. */
export * as default from './api.ts'
