/** Lets the parent of this process ask for the CPU time that it used so far, in microseconds. */
export function answerCpuQuestions(): void {
  process.on('message', (message) => {
    if (message !== 'cpu') return
    const { user, system } = process.cpuUsage()
    process.send?.({ cpu: user + system })
  })
  process.on('disconnect', () => process.exit())
}
