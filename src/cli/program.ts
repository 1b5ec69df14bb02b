/** The program's name in messages and help. */
export const PROGRAM = 'slipway';
