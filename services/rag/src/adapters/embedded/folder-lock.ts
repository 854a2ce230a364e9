import { readFileSync } from 'node:fs'
import { open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { AppError } from '@signalbox/errors'

/**
 * Keeps a second process off the embedded database: nothing in PGlite does, and two would both
 * write. The lock names its holder's process and when it started, so that one left by a crash is
 * seen to be nobody's even when the number has been given to another process.
 */
export async function lockFolder(folder: string): Promise<{ release(): Promise<void> }> {
  const file = join(folder, 'owner.lock')
  const mine = JSON.stringify({ pid: process.pid, started: startOf(process.pid) })
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      const handle = await open(file, 'wx', 0o600)
      await handle.writeFile(mine)
      await handle.close()
      return { release: () => rm(file, { force: true }) }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      if (await isHeld(file))
        throw new AppError('unavailable', `Another process holds the knowledge in ${folder}: stop it, or set DATA_DIR to another folder.`, { retryable: false })
      await rm(file, { force: true })
    }
  }
  throw new AppError('unavailable', `The lock ${file} cannot be taken.`, { retryable: false })
}

async function isHeld(file: string): Promise<boolean> {
  try {
    const { pid, started } = JSON.parse(await readFile(file, 'utf8')) as { pid: number; started: string | null }
    process.kill(pid, 0)
    return started === null || startOf(pid) === started
  } catch {
    return false
  }
}

/** When a process started, in the kernel's own measure; null where the system does not tell. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command's name may hold blanks and brackets; the fields are counted after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}
