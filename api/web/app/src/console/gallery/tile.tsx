import { memo } from "../../shared/memo";
import { useEffect, useRef, useState } from "preact/hooks";
import { Stars } from "../../shared/components/badge";
import { Icon, type IconName } from "../../shared/components/icon";
import type { Job } from "../../shared/types";
import { strings } from "../../strings";
import { previewUrl } from "../file/preview";
import { CAPTION_PIXELS, GAP_PIXELS, rowHeightOf } from "./layout";
import type { GalleryRow } from "./rows";

/** A tile that is only passed by asks for no picture. */
const PICTURE_DELAY_MS = 90;

interface TileProps {
  /** `undefined` while it is fetched. */
  row: GalleryRow | undefined;
  index: number;
  /** So many files there are. */
  of: number;
  kind: Job["content_type"];
  columns: number;
  /** Pixels. */
  width: number;
  /** A tile that is made while the page flies past stays empty until it stands still. */
  isPassing: boolean;
  isFocusable: boolean;
  onFocus: () => void;
}

const STATUS_ICONS: Partial<Record<GalleryRow["status"], IconName>> = {
  approved: "check",
  rejected: "cross",
  needs_review: "flag",
  pending_score: "clock",
  awaiting_upload: "clock",
  retry_pending: "reload",
};
const WITHOUT_FILE: GalleryRow["status"][] = ["awaiting_upload", "expired"];

/** At its place in the grid, which does not change while it exists. */
export const Tile = memo(function Tile({ of, columns, width, ...tile }: TileProps) {
  const { row, index, isPassing } = tile;
  const isDrawn = useRef(false);
  isDrawn.current ||= !isPassing;
  const [left, top] = [(index % columns) * (width + GAP_PIXELS), Math.floor(index / columns) * rowHeightOf(width)];
  return (
    <li
      aria-setsize={of}
      aria-posinset={index + 1}
      style={`width:${width}px;height:${width + CAPTION_PIXELS}px;transform:translate(${left}px,${top}px)`}
    >
      {row && isDrawn.current ? (
        <Content {...tile} row={row} />
      ) : (
        <span class="tile skeleton-still" aria-hidden="true" />
      )}
    </li>
  );
});

function Content({
  row,
  index,
  kind,
  isFocusable,
  onFocus,
}: Pick<TileProps, "index" | "kind" | "isFocusable" | "onFocus"> & { row: GalleryRow }) {
  const status = strings.console.status[row.status] ?? row.status;
  return (
    <a
      class="tile"
      href={`/console/files/${row.id}`}
      data-index={index}
      tabIndex={isFocusable ? 0 : -1}
      onFocus={onFocus}
      aria-label={row.score === null ? status : `${status}, ${strings.stars(row.score)}`}
    >
      <Thumbnail key={`${row.id}-${row.attempt}`} row={row} kind={kind} />
      <span class="tile-caption">
        {row.score === null ? <span class="small muted">{status}</span> : <Stars count={row.score} />}
        <span class={`tile-status tile-${row.status}`} title={status}>
          <Icon name={STATUS_ICONS[row.status] ?? "info"} size={14} />
        </span>
      </span>
    </a>
  );
}

function Thumbnail({ row, kind }: { row: GalleryRow; kind: Job["content_type"] }) {
  const [isWanted, setWanted] = useState(false);
  const [isBroken, setBroken] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setWanted(true), PICTURE_DELAY_MS);
    return () => clearTimeout(timer);
  }, []);
  const hasPicture = kind !== "audio" && !WITHOUT_FILE.includes(row.status) && !isBroken;
  return (
    <span class="tile-picture">
      {hasPicture ? (
        isWanted && (
          <img
            src={previewUrl(row, "thumbnail.jpg")}
            alt=""
            decoding="async"
            draggable={false}
            onError={() => setBroken(true)}
          />
        )
      ) : (
        <Icon name={kind} size={28} />
      )}
    </span>
  );
}
