export { TokenReviewAuthenticator, type TokenReviewOptions } from './token-review-authenticator.ts'
