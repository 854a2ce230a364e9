/** The options of an instruction that ends with `Answer with exactly one of: a | b | c`. */
export function readOptions(instruction: string): string[] | undefined {
  const listed = /\bAnswer with exactly one of:\s*(?<options>[^\n]+?)\s*$/i.exec(instruction)?.groups?.['options']
  const options = (listed ?? '')
    .split(/\s+\|\s+/)
    .map((option) => option.trim())
    .filter((option) => option !== '')
  return options.length > 1 ? options : undefined
}
