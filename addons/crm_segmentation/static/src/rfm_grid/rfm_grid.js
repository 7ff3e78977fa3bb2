import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";

export const SCORES = [1, 2, 3, 4, 5];

// From nearly white to a deep blue; a sequence in lightness, so that it also reads
// without colour.
const LIGHT = [239, 246, 252];
const DARK = [11, 64, 121];

/** Name of a square as segments store it: recency, then frequency. */
export function squareKey(square) {
    return `${square.r}${square.f}`;
}

/** Parse stored squares ("55 54") into a set; whatever is no square is left out. */
export function parseSquares(text) {
    return new Set(
        (text || "").split(/\s+/).filter((word) => /^[1-5][1-5]$/.test(word))
    );
}

/** Write a set of squares as it is stored, the best ones first. */
export function formatSquares(keys) {
    return [...keys].sort().reverse().join(" ");
}

/**
 * Colours of a square whose value is a share (0 to 1) of the largest one.
 *
 * The text is black or white, whichever contrasts more by the WCAG formula.
 */
export function heatStyle(share) {
    // The square root keeps small squares apart, which are most of them.
    const weight = Math.sqrt(Math.max(0, Math.min(1, share)));
    const rgb = LIGHT.map((light, i) => Math.round(light + (DARK[i] - light) * weight));
    const [r, g, b] = rgb.map((value) => {
        const part = value / 255;
        return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    const text =
        1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 ? "#fff" : "#000";
    return `background-color: rgb(${rgb.join(", ")}); color: ${text};`;
}

/**
 * Whole numbers that get each of five scores, lowest range first, in words.
 *
 * @param {number[]} edges four ascending edges; none: no words
 * @param {boolean} isAbove whether a value on an edge belongs above it
 * @param {number} least smallest possible value
 */
export function scoreRanges(edges, isAbove, least) {
    if (!edges || edges.length !== 4) {
        return null;
    }
    const tops = edges.map((edge) =>
        isAbove ? Math.ceil(edge) - 1 : Math.floor(edge)
    );
    return SCORES.map((score) => {
        const low = score === 1 ? least : tops[score - 2] + 1;
        const high = tops[score - 1];
        if (score === 5) {
            return _t("%s or more", low);
        }
        if (low > high) {
            return _t("nobody");
        }
        return low === high ? `${low}` : `${low}–${high}`;
    });
}

/**
 * The 25 squares as a table: recency downwards, frequency to the right.
 *
 * Presentation only; what a click means is up to the parent.
 */
export class RfmGrid extends Component {
    static template = "crm_segmentation.RfmGrid";
    static props = {
        // [{r, f, value, text, detail, name, label}]; value decides the colour
        squares: Array,
        selected: {type: Set, optional: true},
        highlighted: {type: Set, optional: true},
        // squares that are in anyway and cannot be unticked
        locked: {type: Set, optional: true},
        recencyRanges: {type: [Array, {value: null}], optional: true},
        frequencyRanges: {type: [Array, {value: null}], optional: true},
        caption: {type: String, optional: true},
        readonly: {type: Boolean, optional: true},
        onOpen: {type: Function, optional: true},
        onToggle: {type: Function, optional: true},
    };

    get rows() {
        const largest = Math.max(
            0,
            ...this.props.squares.map((square) => square.value)
        );
        const byKey = new Map(
            this.props.squares.map((square) => [
                squareKey(square),
                {
                    ...square,
                    key: squareKey(square),
                    style: heatStyle(largest > 0 ? square.value / largest : 0),
                },
            ])
        );
        return [...SCORES].reverse().map((r) => ({
            r,
            range: this.props.recencyRanges?.[5 - r],
            squares: SCORES.map((f) => byKey.get(`${r}${f}`)).filter(Boolean),
        }));
    }

    get columns() {
        return SCORES.map((f) => ({f, range: this.props.frequencyRanges?.[f - 1]}));
    }

    isSelected(key) {
        return this.props.selected?.has(key) || this.isLocked(key);
    }

    isLocked(key) {
        return this.props.locked?.has(key) || false;
    }

    squareClass(square) {
        return {
            o_crm_rfm_selected: this.isSelected(square.key),
            o_crm_rfm_highlighted: this.props.highlighted?.has(square.key),
            o_crm_rfm_empty: !square.count,
        };
    }

    checkboxLabel(square) {
        return _t("Select %s", square.label);
    }

    /** The arrow keys walk over the squares, as in any table of buttons. */
    onKeydown(ev) {
        const step = {
            ArrowLeft: [0, -1],
            ArrowRight: [0, 1],
            ArrowUp: [1, 0],
            ArrowDown: [-1, 0],
        }[ev.key];
        const from = ev.target.closest("[data-square]")?.dataset.square;
        if (!step || !from) {
            return;
        }
        const next = `${Number(from[0]) + step[0]}${Number(from[1]) + step[1]}`;
        const cell = ev.currentTarget.querySelector(`[data-square="${next}"]`);
        if (cell) {
            ev.preventDefault();
            cell.querySelector(
                ev.target.matches("input") ? "input" : "button, input"
            ).focus();
        }
    }
}
