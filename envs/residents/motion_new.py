class _Solved(NamedTuple):
    segments: dict[str, tuple[Vector, Quaternion]]
    grips: dict[str, Vector]
    eyes: Vector
    gaze: Vector


def place_segments(figure: Figure, state: BodyState) -> dict[str, tuple[Vector, Quaternion]]:
    """Position and orientation (w, x, y, z) in the world of every segment of ``figure``."""
    turn, origin = _frame(state)
    placed = {}
    for name, (position, orientation) in _solve(figure, state).segments.items():
        placed[name] = (add(origin, rotate(turn, position)), multiply(turn, orientation))
    return placed


def hand_pose(figure: Figure, state: BodyState, side: str) -> tuple[Vector, Quaternion]:
    """Where the base of an object in the ``right`` or ``left`` hand goes: on the palm, upright, fronts the same way.

    Raises:
        ValueError: ``side`` is neither.
    """
    if side not in ("right", "left"):
        raise ValueError(f"expected side 'right' or 'left', got {side!r}")
    turn, origin = _frame(state)
    return add(origin, rotate(turn, _solve(figure, state).grips[side])), turn


def head_camera(figure: Figure, state: BodyState) -> tuple[Vector, Vector]:
    """The eyes, and a point one metre ahead of them: a camera's position and target."""
    turn, origin = _frame(state)
    solved = _solve(figure, state)
    return add(origin, rotate(turn, solved.eyes)), add(origin, rotate(turn, add(solved.eyes, solved.gaze)))


def stride_length(figure: Figure, speed: float, manner: Manner) -> float:
    """Metres covered while ``gait_phase`` grows by one, so that feet do not slide."""
    return gait.stride(figure.skeleton, read_bearing(manner), speed)


def seat_offset(figure: Figure) -> float:
    """How far in front of the seat point the body stands when ``sit_blend`` is 0, metres."""
    return figure.skeleton.thigh * 0.98


def _frame(state: BodyState) -> tuple[Quaternion, Vector]:
    # A seat's pose lies on its cushion; the feet stand on the floor under it.
    floor = 0.0 if state.posture == "sit" else state.pose.z
    return about_z(state.pose.heading), (state.pose.x, state.pose.y, floor)


def _solve(figure: Figure, state: BodyState) -> _Solved:
    bones = figure.skeleton
    mood = read_bearing(state.manner)
    seated = min(max(state.sit_blend, 0.0), 1.0) if state.posture == "sit" else 0.0
    target = _to_body(state, state.target)
    legs = plan_legs(figure, state, mood, seated)
    trunk = plan_trunk(figure, state, mood, seated, legs, target)
    segments: dict[str, tuple[Vector, Quaternion]] = {}

    hips = add(legs.hips, (-0.35 * trunk.crouch, 0.0, -trunk.crouch))
    pelvis = multiply(about_z(legs.yaw), about_y(pelvis_pitch(trunk, seated)))
    segments["pelvis"] = (hips, pelvis)
    knees = place_legs(bones, legs, hips, pelvis, segments)
    chest_joint, chest, waist_joint, waist = place_spine(bones, trunk, hips, pelvis)
    segments["waist"], segments["torso"] = (waist_joint, waist), (chest_joint, chest)
    head, eyes, gaze = place_head(figure, state, mood, seated, trunk, chest_joint, chest, target, segments)
    place_face(figure, state, mood, head, segments)
    grips = {}
    for index, (side, sign) in enumerate(SIDES):
        shoulder = add(chest_joint, rotate(chest, shoulder_in_chest(figure, mood, sign)))
        arm = plan_arm(figure, state, mood, seated, side, sign, shoulder, chest, chest_joint, head, hips, knees, trunk, target)
        grips[side] = place_arm(bones, side, shoulder, arm, segments)
        if f"fist_{side}" in figure.segments:
            # Of the open hand and the fist one is worn, the other is kept inside the chest.
            busy = state.holding[index] is not None or (state.gesture is not None and state.gesture_blend > 0.15)
            running = state.gait_phase is not None and gait.running_share(state.speed) > 0.5
            open_, fist = f"hand_{side}", f"fist_{side}"
            segments[fist] = segments[open_]
            segments[open_ if (mood.tense > 0.4 or running) and not busy else fist] = (
                add(chest_joint, rotate(chest, (0.0, 0.0, 0.6 * bones.shoulder))), chest)  # fmt: skip
    if "skirt" in figure.segments:
        segments["skirt"] = place_skirt(hips, knees, pelvis)
    wanted = {name: segments[name] for name in figure.segments}
    return _Solved(wanted, grips, eyes, gaze)


def _to_body(state: BodyState, point: Vector | None) -> Vector | None:
    if point is None:
        return None
    turn, origin = _frame(state)
    return rotate((turn[0], -turn[1], -turn[2], -turn[3]), subtract(point, origin))