import { z } from 'zod';
import { isTimeZone } from '../runtime/index.ts';

/** A zone of the IANA database that this system knows. */
export const timeZone = z.string().refine(isTimeZone, 'a time zone such as "Europe/Berlin"');
