import { useCallback, useEffect, useRef, useState } from "react";
import { newKey, upload } from "@/api/client";
import { faultOf } from "@/api/problem";
import type { FileView } from "@/api/types";

export interface Attachment {
  key: string;
  name: string;
  size: number;
  image: boolean;
  preview: string | null;
  progress: number;
  file: FileView | null;
  error: string | null;
}

/** Files being attached to what is written: uploading while the agent goes on writing. */
export function useAttachments(conversationId: string) {
  const [items, setItems] = useState<Attachment[]>([]);
  const running = useRef(new Map<string, { abort: AbortController; source: File }>());

  const patch = useCallback(
    (key: string, change: Partial<Attachment>) =>
      setItems((list) => list.map((one) => (one.key === key ? { ...one, ...change } : one))),
    [],
  );

  const start = useCallback(
    (key: string, source: File) => {
      const abort = new AbortController();
      running.current.set(key, { abort, source });
      patch(key, { progress: 0, error: null });
      upload<FileView>("/files", source, {
        signal: abort.signal,
        onProgress: (ratio) => patch(key, { progress: ratio }),
      }).then(
        (file) => patch(key, { file, progress: 1 }),
        (error) => {
          if (!abort.signal.aborted) patch(key, { error: faultOf(error) });
        },
      );
    },
    [patch],
  );

  const add = useCallback(
    (files: Iterable<File>) => {
      for (const source of files) {
        const key = newKey();
        const image = source.type.startsWith("image/");
        setItems((list) => [
          ...list,
          {
            key,
            name: source.name || `${image ? "image" : "file"}-${list.length + 1}`,
            size: source.size,
            image,
            preview: image ? URL.createObjectURL(source) : null,
            progress: 0,
            file: null,
            error: null,
          },
        ]);
        start(key, source);
      }
    },
    [start],
  );

  const remove = useCallback((key: string) => {
    running.current.get(key)?.abort.abort();
    running.current.delete(key);
    setItems((list) => {
      const gone = list.find((one) => one.key === key);
      if (gone?.preview) URL.revokeObjectURL(gone.preview);
      return list.filter((one) => one.key !== key);
    });
  }, []);

  const clear = useCallback(() => {
    setItems((list) => {
      for (const one of list) if (one.preview) URL.revokeObjectURL(one.preview);
      return [];
    });
    running.current.clear();
  }, []);

  const again = useCallback(
    (key: string) => {
      const source = running.current.get(key)?.source;
      if (source) start(key, source);
    },
    [start],
  );

  // Files belong to the conversation they were dropped on.
  useEffect(() => {
    const uploads = running.current;
    return () => {
      for (const { abort } of uploads.values()) abort.abort();
      clear();
    };
  }, [conversationId]);

  return { items, add, remove, clear, again };
}
