// Common
// For authors of adapters

export { whileCarrying, withCarried } from "./adapter/across-text.js";
export { createAdapterGuard, guardFrom, isGuard } from "./adapter/adapter-guard.js";
export { botIdOf } from "./adapter/bot-id.js";
export { type BotAnswer, BotIdentity } from "./adapter/bot-identity.js";
export { filesIn } from "./adapter/files-in.js";
export { redactToken } from "./adapter/redact-token.js";
export { untilAborted } from "./adapter/until-aborted.js";
export type { Around } from "./around.js";
// Broadcasts
export { type BroadcastApi, broadcast } from "./broadcast/broadcast.js";
export type { Broadcast, BroadcastControls } from "./broadcast/controls.js";
export type { FailureKind } from "./broadcast/ending.js";
export type { BroadcastMessage, MessageFor, Recipient } from "./broadcast/message.js";
export type { BroadcastFailure, BroadcastMigration, BroadcastOptions } from "./broadcast/options.js";
export type { BroadcastProgress } from "./broadcast/progress.js";
export type {
  AbortSignalLike,
  ApiResponse,
  BlobLike,
  Call,
  Delivery,
  DeliveryFacts,
  Failed,
  FileSource,
  KeyScope,
  Outcome,
  Payload,
  Refusal,
  RefusalCode,
  Replayed,
  Reply,
  Send,
  Sent,
} from "./call.js";
// For authors of stores
export type { CapOptions } from "./caps/cap.js";
export { type Clock, systemClock } from "./clock.js";
export { type DeliveryInfo, deliveryOf } from "./delivered.js";
export {
  carriedOptions,
  type DeliveryOptions,
  delivery,
  type OnMismatch,
  type Priority,
  withDelivery,
} from "./delivery-options.js";
export { type Environment, type EnvironmentOptions, optionsFromEnv, redisUrlFromEnv } from "./env.js";
export {
  ConfigurationError,
  IdempotencyConflict,
  isSendonceError,
  RateLimitExceeded,
  SendonceError,
  type SendonceErrorCode,
  StoreUnavailable,
} from "./errors.js";
export {
  type BotApiRequest,
  type FetchArguments,
  type FetchInit,
  readBotApiRequest,
} from "./fetch/bot-api-request.js";
export { type FetchLike, type GuardedFetch, guardFetch } from "./fetch/guard-fetch.js";
export { type NetworkFacts, networkFacts } from "./fetch/network-facts.js";
export { type CloseOptions, createGuard, Guard } from "./guard.js";
// Health
export {
  type HealthAnswer,
  type HealthOptions,
  healthAnswer,
  type ToldHealth,
} from "./health/health-answer.js";
export {
  type FastifyReplyLike,
  fastifyHealthHandler,
  type HealthHandler,
  healthHandler,
} from "./health/health-handler.js";
export type { BottleneckOptions } from "./limiter/from-bottleneck.js";
export {
  type FromThrottlerOptions,
  limitsFromThrottler,
  type ThrottlerConfig,
  type ThrottlerName,
} from "./limiter/from-throttler.js";
export {
  type Rule,
  type RuleName,
  type TokenBucketRule,
  tokenBucket,
  type WindowRule,
  window,
} from "./limiter/rules.js";
export { type MethodClass, methodClass } from "./methods.js";
// For authors of exporters
export { methodLabel } from "./metrics/labels.js";
export { type Measuring, measure } from "./metrics/measure.js";
export { type Measure, type MeasureName, measureNames, measures } from "./metrics/measures.js";
export { type ReadingsOptions, readings } from "./metrics/readings.js";
export type { Add, Labels, Reading, Recorder } from "./metrics/recorder.js";
export { type ConsoleLoggerOptions, consoleLogger } from "./observe/console-logger.js";
export type { EventName, GuardEvents, Listener } from "./observe/events.js";
export type { GuardHealth } from "./observe/health.js";
export type { Logger, LogLevel } from "./observe/logger.js";
export { redactChats } from "./observe/redact-chats.js";
export type {
  AmbiguousPolicy,
  FloodOptions,
  GuardOptions,
  IdempotencyOptions,
  LimitRules,
} from "./options.js";
export { guardOptionNames } from "./options.js";
// Parts that work alone
export type {
  AcquireWithDelayOptions,
  Acquisition,
  BucketStats,
  DelayedAcquisition,
  WhoseLimit,
} from "./parts/acquisition.js";
export {
  type DeliveryReport,
  type DeliveryRequest,
  DeliveryService,
} from "./parts/delivery-service.js";
export { IdempotencyGuard, type IdempotencyGuardOptions } from "./parts/idempotency-guard.js";
export { type LimitedId, RateLimitType } from "./parts/limit-of.js";
export type {
  DuplicateCheck,
  OperationStart,
  OperationStartOptions,
  OperationStatus,
} from "./parts/operation.js";
export type { PartOptions } from "./parts/part-settings.js";
export type { PostData } from "./parts/post.js";
export {
  TokenBucketRateLimiter,
  type TokenBucketRateLimiterOptions,
} from "./parts/token-bucket-rate-limiter.js";
export type { QueuedCall, QueueQuestion } from "./queue/queued-call.js";
export { isAmbiguousConflict, isSendonceRefusal, refusalResponse, type SendonceRefusal } from "./refusal.js";
export type { ResultCodec } from "./result/index.js";
export {
  currentUpdate,
  insideUpdate,
  isUntracked,
  openUpdate,
  outsideUpdate,
  type UpdateScope,
} from "./scope.js";
export type { StoreReport } from "./store/examination.js";
export type { StoreMode } from "./store/failover.js";
export { type RedisModule, storeAt } from "./store/lazy.js";
export { type MemoryStore, type MemoryStoreOptions, memoryStore } from "./store/memory.js";
export type {
  Admission,
  AdmitRequest,
  Board,
  BoardAnswer,
  BoardPost,
  BucketParams,
  Claim,
  FreezeAnswer,
  FreezeRequest,
  GateParams,
  Ownership,
  RecordView,
  RenewRequest,
  RuleCharge,
  RuleParams,
  RuleStats,
  Settlement,
  SettleRequest,
  SlotRequest,
  Slots,
  StatsRequest,
  Store,
  StoreHealth,
  WindowParams,
} from "./store/port.js";
export type { UpdateToHandle } from "./update-guard.js";
export {
  type GuardedUpdates,
  guardUpdates,
  type UpdateOutcome,
  type WebhookAnswer,
} from "./webhook/guard-updates.js";
export { senderOf } from "./webhook/sender-of.js";
