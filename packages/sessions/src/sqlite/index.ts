/*
 * What a store on SQLite is made of, for whoever keeps something else in a file.
 */
export { openDatabase, type Database, type DatabaseOptions } from './open-database.ts'
export { createWriteWatch, type WriteWatchOptions } from './watch-writes.ts'
