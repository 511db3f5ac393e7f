export const DEFAULT_SECRET_TYPE = 'Opaque'
