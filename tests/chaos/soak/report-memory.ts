/** Loaded into the gateway's process before anything else: says how much memory is left in use, whenever it is asked. */
process.on('message', () => {
  // Twice: what the first finds may have been holding something else.
  globalThis.gc?.()
  globalThis.gc?.()
  process.send?.(process.memoryUsage())
})
// Who may ask keeps nobody alive.
process.channel?.unref()
