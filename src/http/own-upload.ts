import { HttpError } from './errors.ts';
import type { Grant, Upload, UploadsPort } from './ports.ts';

/**
 * An upload that a request names, if its own key has handed it in.
 * @throws HttpError `file_not_found`.
 */
export function ownUpload(id: string, grant: Grant, uploads: UploadsPort, param: string): Upload {
  const upload = uploads.find(id);
  if (upload === null || upload.keyId !== grant.keyId) {
    throw new HttpError('file_not_found', { param });
  }
  return upload;
}
