export function fingerprint(root: string): string
export function isCurrent(root: string): boolean
export function nodeFault(version: string): string | undefined
