/** With what a line of an instruction begins that has the answer say what was not done. */
export const NOT_DONE = 'Say that this was not done:'

/** An instruction without such lines, and what they say. */
export function readNotDone(instruction: string): { instruction: string; notDone: string[] } {
  const lines = instruction.split('\n')
  return {
    instruction: lines.filter((line) => !line.startsWith(NOT_DONE)).join('\n'),
    notDone: lines.flatMap((line) => (line.startsWith(NOT_DONE) ? [line.slice(NOT_DONE.length).trim()] : [])),
  }
}
