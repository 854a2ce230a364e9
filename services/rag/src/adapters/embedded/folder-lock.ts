import { readFileSync } from 'node:fs'
import { open, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import { AppError } from '@signalbox/errors'

const RETRY_MS = 100

/** A lock that says nothing yet is being written by somebody, for so long. */
const WRITTEN_WITHIN_MS = 2_000

/**
 * Keeps a second process off the embedded database: nothing in PGlite does, and two would both write.
 *
 *  L1. The process that writes the data holds the lock, so that one which outlives its parent for a
 *      moment is still in the way.
 *  L2. The lock names its holder's process and when that one started: left by a crash it is seen to be
 *      nobody's, even when the number has been given to another process.
 *  L3. Of several that find it to be nobody's, one gets it.
 *
 * @throws AppError when another process still holds it after `waitMs`.
 */
export async function lockFolder(folder: string, { waitMs }: { waitMs: number }): Promise<{ release(): Promise<void> }> {
  const file = join(folder, 'owner.lock')
  for (const end = Date.now() + waitMs; ;) {
    if (await createLock(file)) return { release: () => rm(file, { force: true }) }
    const found = await readFile(file, 'utf8').catch(() => undefined)
    if (found === undefined) continue
    const holder = await readHolder(file, found)
    if (holder === undefined) await clearAway(file, found)
    else if (Date.now() >= end) {
      throw new AppError('unavailable', `The knowledge in ${folder} is held by another process (${holder}): stop it, or set DATA_DIR to another folder.`, {
        retryable: false,
      })
    } else await pause(RETRY_MS)
  }
}

async function createLock(file: string): Promise<boolean> {
  try {
    await using handle = await open(file, 'wx', 0o600)
    await handle.writeFile(JSON.stringify({ pid: process.pid, started: startOf(process.pid) }))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Who holds the lock; undefined where nobody does. */
async function readHolder(file: string, text: string): Promise<string | undefined> {
  try {
    const { pid, started } = JSON.parse(text) as { pid: number; started: string | null }
    return isAlive(pid) && (started === null || startOf(pid) === started) ? `process ${pid}` : undefined
  } catch {
    const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: 0 }))
    return Date.now() - mtimeMs < WRITTEN_WITHIN_MS ? 'one that has just begun' : undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // A process of another user may not be signalled, but it is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * Takes a lock that was seen to be nobody's out of the way. Only one at a time may, and only while the
 * lock is still the one that was seen: between looking and removing, another may have come to hold it.
 */
async function clearAway(file: string, seen: string): Promise<void> {
  const turn = `${file}.clearing`
  try {
    await (await open(turn, 'wx', 0o600)).close()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const { mtimeMs } = await stat(turn).catch(() => ({ mtimeMs: Date.now() }))
    // Left by one that died while it had its turn.
    if (Date.now() - mtimeMs > WRITTEN_WITHIN_MS) await rm(turn, { force: true })
    return pause(1)
  }
  try {
    if ((await readFile(file, 'utf8').catch(() => undefined)) === seen) await rm(file, { force: true })
  } finally {
    await rm(turn, { force: true })
  }
}

/** When a process started, in the kernel's own measure; null where the system does not tell. */
function startOf(pid: number): string | null {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command's name may hold blanks and brackets; the fields are counted after it.
    return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}
