export { type ConnectedProxy, objectStatuses, type ObjectState, type ObjectStatus, type ProxyRefusal } from './object-status.ts'
