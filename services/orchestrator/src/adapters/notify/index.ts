export { channelConfigSchema, channelsSchema, recipientSchema, type ChannelConfig, type Recipient } from './channels-schema.ts'
export { createLinks, type Link, type Links } from './links.ts'
export { createNotifier, type ApprovalNotifier, type NotifierOptions } from './notifier.ts'
export { allowanceSchema, type Allowance } from './outgoing-guard.ts'
