export function fingerprint(root: string): string
export function isCurrent(root: string): boolean
export function nodeFault(version: string): string | undefined
export function holdsTheLockfile(root: string): boolean
export function bundledNodeFault(version: string | undefined): string | undefined
export function isAbandoned(lock: string): boolean
export function installFault(code: number, said: string): string
