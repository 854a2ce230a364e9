/** Lets the parent of this process ask what it used: CPU time so far in microseconds, and the megabytes that it holds. */
export function answerUsage(): void {
  process.on('message', (message) => {
    if (message !== 'usage') return
    const { user, system } = process.cpuUsage()
    process.send?.({ cpu: user + system, rss: process.memoryUsage.rss() / 1_048_576 })
  })
  process.on('disconnect', () => process.exit())
}
