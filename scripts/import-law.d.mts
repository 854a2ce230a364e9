export function importFaults(file: string, text: string): string[]
