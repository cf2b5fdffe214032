/** What a line is doing: `paused` by a person, `flagged` as (probably) throttled by Apple, `offline` while Messages or its database cannot be used. */
export type LineState = 'active' | 'paused' | 'flagged' | 'offline';

/** How Apple is likely to see the line; apart from its state. */
export type Reputation = 'healthy' | 'at_risk' | 'critical';
